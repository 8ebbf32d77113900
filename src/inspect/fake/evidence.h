/* A package of evidence about one page of somebody else, that others can check without us (E6): what came, when, from where, how it
 * resembles ours, who says so.
 *
 *     page.bin        the body as it came            headers.txt  status and header lines as they came
 *     addresses.txt   what the name resolved to       report.json  findings, likeness, identifiers
 *     letter.html     the covering letter, for print
 *     manifest        text: "weique-fake-evidence 1", url, time, person, then "file: SM3 BYTES NAME" each
 *     manifest.sig    text: the person's public key, and their SM2 signature over the canonical structure weique.fake.evidence
 *                     (docs/canonical-encoding.md), which names the manifest's digest
 *
 * Invariants: the manifest names every other file but its signature; a package is made in full or not at all (the manifest comes
 * last). What is in it came from outside: the letter and the report are escaped, the rest is kept as bytes and never shown.
 */
#ifndef WQ_INSPECT_FAKE_EVIDENCE_H
#define WQ_INSPECT_FAKE_EVIDENCE_H

#include "base/clock.h"
#include "base/file.h"
#include "crypto/sm2.h"
#include "finding/finding.h"

struct wq_fake_evidence {
	wq_str url, person, unit;        /* unit: the name of whoever is imitated; may be empty */
	wq_time time;                    /* when the page came */
	int status;                      /* 0: not said: the page came from a file */
	wq_str headers, body, addresses; /* addresses: one a line */
	wq_str complaint;                /* what was complained of; may be empty */
	const struct wq_findings *findings;
};

/* Writes the package into `dir`, which must not exist or be empty. Errors: WQ_E_EXISTS, WQ_E_INPUT (a line end in url or person), those
 * of the disk and the key. `ret_manifest` is the digest of the manifest. */
wq_err wq_fake_evidence_write(const struct wq_fs *fs, const char *dir, const struct wq_fake_evidence *evidence,
	const struct wq_sm2_key *key, wq_digest *ret_manifest);

struct wq_fake_evidence_check {
	char url[4096], person[256];
	wq_time time;
	size_t files;
	wq_sm2_public key; /* that signed: whose it is, the reader knows from elsewhere */
	wq_digest manifest;
};
/* Errors: WQ_E_ALTERED (a file is another, missing or too many), WQ_E_SIGNATURE, WQ_E_FORMAT, WQ_E_NOT_FOUND. */
wq_err wq_fake_evidence_verify(const struct wq_fs *fs, const char *dir, struct wq_fake_evidence_check *ret_check);

/* The lines of a manifest, for fuzzing too. Calls `file` for each. Errors: WQ_E_FORMAT. */
wq_err wq_fake_manifest_parse(wq_str text, struct wq_fake_evidence_check *ret_check,
	wq_err (*file)(void *data, wq_str name, wq_digest digest, uint64_t bytes), void *data);

#endif
