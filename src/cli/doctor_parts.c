/* What Weique stands on: cryptography, nginx and its module, programs from packages. */
#include "cli/doctor_priv.h"
#include "cli/spawn_priv.h"
#include "crypto/digest.h"
#include "crypto/sm2.h"
#include "crypto/sm4.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

/* ---- cryptography ---- */

static void check_sm3(struct wq_cli *cli, const struct wq_cli_args *args, struct doctor_result *result)
{
	(void)args;
	/* GB/T 32905-2016 A.1 */
	static const char abc[] = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0";
	char hex[WQ_DIGEST_HEX];
	bool ok = !wq_failed(wq_crypto_init()) && strcmp(wq_digest_hex(wq_sm3(WQ_S("abc")), hex), abc) == 0;
	result->seen = wq_arena_printf(&cli->arena, "%s", ok ? wq_sm3_lanes_name() : "-");
	if (!ok)
		doctor_say(result, DOCTOR_FAIL, "SM3 不可用：安装 libssl3 3.0 以上（未裁剪国密算法）",
			"no SM3: install libssl3 3.0 or later with the SM algorithms");
}

static void check_sm2(struct wq_cli *cli, const struct wq_cli_args *args, struct doctor_result *result)
{
	(void)cli, (void)args;
	struct wq_sm2_key *key = NULL;
	wq_sm2_sig sig;
	bool ok = !wq_failed(wq_crypto_init()) && !wq_failed(wq_sm2_generate(&key)) &&
		!wq_failed(wq_sm2_sign(key, WQ_S("weique"), &sig));
	if (ok) {
		wq_sm2_public point = wq_sm2_key_public(key);
		wq_err refused = wq_sm2_verify(&point, WQ_S("weique?"), &sig);
		ok = !wq_failed(wq_sm2_verify(&point, WQ_S("weique"), &sig)) && wq_failed(refused);
	}
	wq_sm2_key_free(&key);
	result->seen = ok ? WQ_S("sign, verify, refuse") : WQ_S("-");
	if (!ok)
		doctor_say(result, DOCTOR_FAIL, "SM2 签名不可用：安装 libssl3 3.0 以上（未裁剪国密算法）",
			"no SM2 signatures: install libssl3 3.0 or later with the SM algorithms");
}

static void check_sm4(struct wq_cli *cli, const struct wq_cli_args *args, struct doctor_result *result)
{
	(void)cli, (void)args;
	/* RFC 8998 A.1: the first block of its SM4-GCM ciphertext */
	static const uint8_t key_bytes[WQ_SM4_KEY_BYTES] = {
		0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10};
	static const uint8_t nonce[WQ_SM4_NONCE_BYTES] = {0, 0, 0x12, 0x34, 0x56, 0x78, 0, 0, 0, 0, 0xab, 0xcd};
	static const uint8_t plain[16] = {
		0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xbb, 0xbb, 0xbb, 0xbb, 0xbb, 0xbb, 0xbb, 0xbb};
	static const uint8_t cipher[16] = {
		0x17, 0xf3, 0x99, 0xf0, 0x8c, 0x67, 0xd5, 0xee, 0x19, 0xd0, 0xdc, 0x99, 0x69, 0xc4, 0xbb, 0x7d};
	struct wq_secret key = {0};
	WQ_BUF(out, 256);
	bool ok = !wq_failed(wq_crypto_init()) &&
		!wq_failed(wq_secret_copy(wq_str_of(key_bytes, sizeof(key_bytes)), &key)) &&
		!wq_failed(wq_sm4_seal(&key, nonce, WQ_S_NONE, wq_str_of(plain, sizeof(plain)), &out)) &&
		out.len >= sizeof(cipher) && memcmp(out.data, cipher, sizeof(cipher)) == 0;
	wq_secret_done(&key);
	result->seen = ok ? WQ_S("GCM") : WQ_S("-");
	if (!ok)
		doctor_say(result, DOCTOR_FAIL, "SM4-GCM 不可用：安装 libgcrypt20 1.9 以上",
			"no SM4-GCM: install libgcrypt20 1.9 or later");
}

/* ---- nginx and our module ---- */

enum { SPAWN_MSEC = 10000, OUTPUT_BYTES = 16384 };

static const char module_name[] = "ngx_http_weique_module.so";

/* --module, else beside the command, in the build tree, or where packages put it. */
static bool find_module(const struct wq_cli_args *args, char path[PATH_MAX])
{
	static const char *const beside[] = {"", "../gate/nginx/", "src/gate/nginx/", "../lib/nginx/modules/"};
	char folder[PATH_MAX];
	wq_str given = wq_cli_value(args, "module");
	if (given.n) {
		snprintf(path, PATH_MAX, "%.*s", WQ_S_ARG(given));
		return access(path, R_OK) == 0;
	}
	ssize_t n = readlink("/proc/self/exe", folder, sizeof(folder) - 1);
	folder[n > 0 ? n : 0] = '\0';
	char *slash = strrchr(folder, '/');
	for (size_t i = 0; slash && i < WQ_COUNT(beside); i++) {
		slash[1] = '\0';
		if (snprintf(path, PATH_MAX, "%s%s%s", folder, beside[i], module_name) < PATH_MAX &&
			access(path, R_OK) == 0)
			return true;
	}
	snprintf(path, PATH_MAX, "/usr/lib/nginx/modules/%s", module_name);
	return access(path, R_OK) == 0;
}

static void check_nginx(struct wq_cli *cli, const struct wq_cli_args *args, struct doctor_result *result)
{
	(void)args;
	char *const argv[] = {(char[]){"nginx"}, (char[]){"-v"}, NULL};
	int status = -1;
	WQ_BUF(out, OUTPUT_BYTES);
	if (wq_failed(wq_spawn(argv, SPAWN_MSEC, &out, &status)) || status != 0) {
		result->seen = WQ_S("-");
		doctor_say(result, DOCTOR_FAIL, "没有 nginx：apt install nginx", "no nginx: apt install nginx");
		return;
	}
	wq_str line = wq_buf_str(&out);
	line = wq_str_cut(&line, '\n');
	ptrdiff_t at = wq_str_find(line, WQ_S("nginx/"));
	result->seen = wq_arena_str(&cli->arena, wq_str_from(line, at > 0 ? (size_t)at : 0));
	if (!wq_str_starts(result->seen, WQ_S("nginx/1.")))
		doctor_say(result, DOCTOR_WARN, "nginx 版本未经验证", "this version of nginx was not tried");
}

/* nginx itself decides whether it can load the module: a configuration of one line, tested, never served. */
static wq_err try_module(const char *module, struct wq_buf *out, int *ret_status)
{
	char folder[] = "/tmp/weique-doctor-XXXXXX", conf[64], text[PATH_MAX + 256];
	if (strpbrk(module, "\"'\\;{}$\n"))
		return wq_error(WQ_E_INPUT, "a path that nginx cannot be told");
	if (!mkdtemp(folder))
		return wq_error_id(WQ_E_IO);
	snprintf(conf, sizeof(conf), "%s/nginx.conf", folder);
	snprintf(text, sizeof(text), "load_module \"%s\";\npid \"%s/pid\";\nerror_log stderr;\nevents {}\n", module,
		folder);
	int fd = open(conf, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	wq_err err = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? WQ_OK : wq_error_id(WQ_E_IO);
	if (fd >= 0)
		close(fd);
	if (!wq_failed(err)) {
		char *const argv[] = {(char[]){"nginx"}, (char[]){"-t"}, (char[]){"-p"}, folder, (char[]){"-c"}, conf,
			(char[]){"-e"}, (char[]){"stderr"}, NULL};
		err = wq_spawn(argv, SPAWN_MSEC, out, ret_status);
	}
	char pid[64];
	snprintf(pid, sizeof(pid), "%s/pid", folder);
	unlink(pid);
	unlink(conf);
	rmdir(folder);
	return err;
}

static void check_module(struct wq_cli *cli, const struct wq_cli_args *args, struct doctor_result *result)
{
	char path[PATH_MAX];
	int status = -1;
	WQ_BUF(out, OUTPUT_BYTES);
	if (!find_module(args, path)) {
		result->seen = WQ_S("-");
		doctor_say(result, DOCTOR_FAIL, "没有 nginx 模块：make build，或用 --module 指定",
			"no nginx module: make build, or name it with --module");
		return;
	}
	result->seen = wq_arena_printf(&cli->arena, "%s", path);
	wq_err err = try_module(path, &out, &status);
	if (!wq_failed(err) && status == 0)
		return;
	wq_str said = wq_failed(err) ? wq_str_c(wq_err_name(err)) : wq_buf_str(&out);
	result->seen = wq_arena_printf(
		&cli->arena, "%s: %.*s", path, (int)WQ_MIN(said.n, (size_t)200), said.p ? said.p : "");
	if (wq_str_find(said, WQ_S("instead of")) >= 0 || wq_str_find(said, WQ_S("binary compatible")) >= 0)
		doctor_say(result, DOCTOR_FAIL,
			"模块与 nginx 版本不符：apt install nginx-dev，make module，sudo make install-module，再重新加载 nginx",
			"the module was built for another nginx: apt install nginx-dev, make module, sudo make install-module, "
			"reload nginx");
	else
		doctor_say(result, DOCTOR_FAIL, "nginx 不能加载模块：按上面 nginx 的提示处理",
			"nginx cannot load the module: see what it says");
}

/* ---- programs from packages ---- */

static const struct {
	const char *program, *package;
} programs[] = {
	{"nginx", "nginx"},
	{"openssl", "openssl"},
};

static void check_programs(struct wq_cli *cli, const struct wq_cli_args *args, struct doctor_result *result)
{
	(void)args;
	char path[PATH_MAX];
	wq_str missing = WQ_S("");
	for (size_t i = 0; i < WQ_COUNT(programs); i++)
		if (!wq_spawn_find(programs[i].program, path))
			missing = wq_arena_printf(
				&cli->arena, "%.*s%s%s", WQ_S_ARG(missing), missing.n ? " " : "", programs[i].package);
	result->seen = missing.n ? wq_arena_printf(&cli->arena, "apt install %.*s", WQ_S_ARG(missing))
				 : WQ_S("nginx, openssl");
	if (missing.n)
		doctor_say(result, DOCTOR_FAIL, "缺少软件包：用左边的命令安装",
			"packages are missing: install them with this command");
}

/* The JIT of PCRE2 writes code and runs it; a unit that forbids that leaves the interpreter. */
static void check_jit(struct wq_cli *cli, const struct wq_cli_args *args, struct doctor_result *result)
{
	char *const argv[] = {(char[]){"systemctl"}, (char[]){"show"}, (char[]){"nginx.service"}, (char[]){"-p"},
		(char[]){"MemoryDenyWriteExecute"}, (char[]){"--value"}, NULL};
	int status = -1;
	WQ_BUF(out, OUTPUT_BYTES);

	(void)args;
	if (wq_failed(wq_spawn(argv, SPAWN_MSEC, &out, &status)) || status != 0) {
		result->seen = WQ_S("-");
		return;
	}
	result->seen = wq_arena_printf(
		&cli->arena, "MemoryDenyWriteExecute=%.*s", WQ_S_ARG(wq_str_trim(wq_buf_str(&out))));
	if (wq_str_eq(wq_str_trim(wq_buf_str(&out)), WQ_S("yes")))
		doctor_say(result, DOCTOR_WARN,
			"规则引擎用解释方式运行，慢数倍：systemctl edit nginx，设 MemoryDenyWriteExecute=no，再重启 nginx",
			"rules are interpreted and cost several times as much: systemctl edit nginx, MemoryDenyWriteExecute=no, "
			"restart nginx");
}

const struct doctor_check doctor_part_checks[] = {
	{"packages", {"软件包", "packages"}, check_programs},
	{"sm3", {"SM3 杂凑", "SM3 digests"}, check_sm3},
	{"sm2", {"SM2 签名", "SM2 signatures"}, check_sm2},
	{"sm4", {"SM4 加密", "SM4 encryption"}, check_sm4},
	{"nginx", {"nginx", "nginx"}, check_nginx},
	{"module", {"nginx 模块", "nginx module"}, check_module},
	{"jit", {"规则引擎的即时编译", "the rule engine's JIT"}, check_jit},
	{0},
};
