/* Calls that this code base does not use; a use fails the build with the name wq_banned_<call>.
 *
 * Included by every source through base/base.h, after the headers that declare them.
 */
#ifndef WQ_BASE_BANNED_H
#define WQ_BASE_BANNED_H

/* they cannot know the size of what they write to: use base/buf.h or snprintf */
#undef strcpy
#define strcpy(...) wq_banned_strcpy
#undef strcat
#define strcat(...) wq_banned_strcat
#undef strncpy
#define strncpy(...) wq_banned_strncpy
#undef strncat
#define strncat(...) wq_banned_strncat
#undef sprintf
#define sprintf(...) wq_banned_sprintf
#undef vsprintf
#define vsprintf(...) wq_banned_vsprintf
#undef stpcpy
#define stpcpy(...) wq_banned_stpcpy
#undef gets
#define gets(...) wq_banned_gets

/* a shell re-interprets strings: use posix_spawn with a vector */
#undef system
#define system(...) wq_banned_system
#undef popen
#define popen(...) wq_banned_popen

/* a name that somebody else can take first: use base/file.h */
#undef mktemp
#define mktemp(...) wq_banned_mktemp
#undef tmpnam
#define tmpnam(...) wq_banned_tmpnam
#undef tempnam
#define tempnam(...) wq_banned_tempnam

/* hidden state, silent overflow: use wq_str_cut, wq_str_to_u64 */
#undef strtok
#define strtok(...) wq_banned_strtok
#undef atoi
#define atoi(...) wq_banned_atoi
#undef atol
#define atol(...) wq_banned_atol
#undef atoll
#define atoll(...) wq_banned_atoll
#undef atof
#define atof(...) wq_banned_atof

/* blocking or not re-entrant: use base/clock.h, inet_ntop, the resolver of inspect/ */
#undef gethostbyname
#define gethostbyname(...) wq_banned_gethostbyname
#undef gethostbyaddr
#define gethostbyaddr(...) wq_banned_gethostbyaddr
#undef inet_ntoa
#define inet_ntoa(...) wq_banned_inet_ntoa
#undef inet_addr
#define inet_addr(...) wq_banned_inet_addr
#undef asctime
#define asctime(...) wq_banned_asctime
#undef ctime
#define ctime(...) wq_banned_ctime
#undef gmtime
#define gmtime(...) wq_banned_gmtime
#undef localtime
#define localtime(...) wq_banned_localtime

/* not random: use base/clock.h */
#undef rand
#define rand(...) wq_banned_rand
#undef srand
#define srand(...) wq_banned_srand

#endif
