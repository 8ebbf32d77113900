/* What p11_test.c has to know of the PKCS#11 module that the tests build: names, PIN and the numbers of its mechanisms.
 * Nothing else may include it. */
#ifndef WQ_CRYPTO_P11_TEST_MODULE_PRIV_H
#define WQ_CRYPTO_P11_TEST_MODULE_PRIV_H

#include "base/base.h"

#define TEST_TOKEN "sm2 token"
#define TEST_PIN "87654321"
#define TEST_KEY "signer"
#define TEST_MECHANISM 0x80000100ul       /* signs */
#define TEST_MECHANISM_WRONG 0x80000101ul /* returns a wrong signature */
#define TEST_MECHANISM_SHORT 0x80000102ul /* returns 63 bytes */

#endif
