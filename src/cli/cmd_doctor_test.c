#include "base/file.h"
#include "base/json_read.h"
#include "base/test.h"
#include "cli/commands.h"
#include "cli/doctor_priv.h"
#include "cli/spawn_priv.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

static const struct wq_cli_option port = {"port", "PORT", {"", ""}, true}, module = {"module", "FILE", {"", ""}, false};

static struct doctor_result run(struct wq_cli *cli, const struct wq_cli_args *args, const char *name)
{
	const struct doctor_check *const tables[] = {doctor_system_checks, doctor_part_checks, doctor_site_checks};
	struct doctor_result result = {0};
	for (size_t t = 0; t < WQ_COUNT(tables); t++) {
		for (const struct doctor_check *check = tables[t]; check->name; check++) {
			if (strcmp(check->name, name) == 0) {
				check->run(cli, args, &result);
				assert_true(result.level == DOCTOR_OK || (result.advice.zh && result.advice.en));
				return result;
			}
		}
	}
	fail_msg("no check %s", name);
	return result;
}

static struct wq_cli cli_of(wq_str state_dir)
{
	struct wq_cli cli = {.out = stdout, .err = stderr, .state_dir = state_dir, .clock = &wq_clock_system};
	wq_arena_init(&cli.arena, WQ_MIB);
	return cli;
}

static void a_machine_that_builds_us_is_sound(void **state)
{
	(void)state;
	static const char *const names[] = {"memfd", "sm3", "sm2", "sm4", "state"};
	const struct wq_cli_args args = {0};
	struct wq_cli cli = cli_of(WQ_S("/tmp/weique-doctor-none/below"));
	for (size_t i = 0; i < WQ_COUNT(names); i++)
		if (run(&cli, &args, names[i]).level == DOCTOR_FAIL)
			fail_msg("%s", names[i]);
	wq_arena_done(&cli.arena);
}

static void a_bad_state_directory_is_found(void **state)
{
	(void)state;
	char open_dir[] = "/tmp/weique-doctor-test-XXXXXX";
	const struct wq_cli_args args = {0};
	struct wq_cli cli = cli_of(WQ_S("/proc/self/status/below"));
	assert_int_equal(run(&cli, &args, "state").level, DOCTOR_FAIL);
	assert_non_null(mkdtemp(open_dir));
	cli.state_dir = wq_str_c(open_dir);
	assert_int_equal(run(&cli, &args, "state").level, DOCTOR_OK);
	assert_int_equal(chmod(open_dir, 0777), 0);
	assert_int_equal(run(&cli, &args, "state").level, DOCTOR_FAIL);
	rmdir(open_dir);
	assert_int_equal(run(&cli, &args, "state").level, DOCTOR_WARN);
	wq_arena_done(&cli.arena);
}

static void a_wrong_clock_is_found(void **state)
{
	(void)state;
	wq_time time = 1000 * WQ_SECOND;
	const struct wq_clock clock = wq_clock_fixed(&time);
	const struct wq_cli_args args = {0};
	struct wq_cli cli = cli_of(WQ_S("/tmp"));
	cli.clock = &clock;
	assert_int_equal(run(&cli, &args, "clock").level, DOCTOR_FAIL);
	time = 1800000000 * WQ_SECOND;
	assert_true(run(&cli, &args, "clock").level != DOCTOR_FAIL);
	wq_arena_done(&cli.arena);
}

static void a_taken_port_is_found(void **state)
{
	(void)state;
	struct wq_cli cli = cli_of(WQ_S("/tmp"));
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t n = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &n), 0);
	struct wq_cli_args args = {.options_n = 1};
	args.options[0].option = &port;
	args.options[0].value = wq_arena_printf(&cli.arena, "%u", ntohs(address.sin_port));
	assert_int_equal(run(&cli, &args, "ports").level, DOCTOR_WARN);
	close(fd);
	assert_int_equal(run(&cli, &args, "ports").level, DOCTOR_OK);
	args.options[0].value = WQ_S("65536");
	assert_int_equal(run(&cli, &args, "ports").level, DOCTOR_WARN);
	wq_arena_done(&cli.arena);
}

static void a_file_that_is_no_module_is_found(void **state)
{
	(void)state;
	static const char *const paths[] = {"/etc/hostname", "/nonexistent/x.so", "/tmp/a\";daemon off"};
	struct wq_cli cli = cli_of(WQ_S("/tmp"));
	for (size_t i = 0; i < WQ_COUNT(paths); i++) {
		struct wq_cli_args args = {.options_n = 1};
		args.options[0].option = &module;
		args.options[0].value = wq_str_c(paths[i]);
		assert_int_equal(run(&cli, &args, "module").level, DOCTOR_FAIL);
	}
	wq_arena_done(&cli.arena);
}

/* With a systemctl of the test's own: there is no systemd in a container. */
static void a_unit_that_forbids_the_jit_is_found(void **state)
{
	static const struct {
		const char *script;
		enum doctor_level level;
	} table[] = {{"#!/bin/sh\necho yes\n", DOCTOR_WARN}, {"#!/bin/sh\necho no\n", DOCTOR_OK},
		{"#!/bin/sh\nexit 1\n", DOCTOR_OK}};
	char dir[] = "/tmp/weique-doctor-test-XXXXXX", path[sizeof dir + 16];
	char *before = strdup(getenv("PATH"));
	const struct wq_cli_args args = {0};
	struct wq_cli cli = cli_of(WQ_S("/tmp"));

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/systemctl", dir);
	setenv("PATH", dir, 1);
	for (size_t i = 0; i < WQ_COUNT(table); i++) {
		assert_ok(wq_file_replace(&wq_fs_system, path, wq_str_c(table[i].script), 0755));
		assert_int_equal(run(&cli, &args, "jit").level, table[i].level);
	}
	setenv("PATH", before, 1);
	free(before);
	unlink(path);
	rmdir(dir);
	wq_arena_done(&cli.arena);
}

static void the_report_is_json(void **state)
{
	(void)state;
	char *text = NULL;
	size_t n = 0;
	struct json_t *root = NULL;
	struct wq_cli cli = cli_of(WQ_S("/tmp"));
	const struct wq_cli_args args = {.command = wq_cmd_doctor};
	uint64_t ok, warn, fail;
	cli.json = true;
	cli.out = open_memstream(&text, &n);
	wq_err err = wq_cmd_doctor->run(&cli, &args);
	fclose(cli.out);
	assert_ok(wq_json_read(wq_str_of(text, n), &wq_json_limits_default, &root));
	assert_ok(wq_json_get_u64(root, "ok", 100, &ok));
	assert_ok(wq_json_get_u64(root, "warn", 100, &warn));
	assert_ok(wq_json_get_u64(root, "fail", 100, &fail));
	assert_int_equal(ok + warn + fail, 25);
	assert_true(wq_failed(err) == (fail > 0));
	assert_int_equal(wq_err_exit(err), fail ? 3 : 0);
	wq_json_free(&root);
	free(text);
	wq_arena_done(&cli.arena);
}

static void programs_are_run_without_a_shell(void **state)
{
	(void)state;
	int status = -1;
	WQ_BUF(out, 8);
	char *const echo[] = {(char[]){"echo"}, (char[]){"$HOME `id` 12345678"}, NULL};
	assert_ok(wq_spawn(echo, 10000, &out, &status));
	assert_int_equal(status, 0);
	assert_str(wq_buf_str(&out), WQ_S("$HOME `i"));
	char *const slow[] = {(char[]){"sleep"}, (char[]){"30"}, NULL};
	assert_err(wq_spawn(slow, 50, &out, &status), WQ_E_TIMEOUT);
	char *const fails[] = {(char[]){"false"}, NULL};
	assert_ok(wq_spawn(fails, 10000, &out, &status));
	assert_int_equal(status, 1);
	char *const none[] = {(char[]){"weique-no-such-program"}, NULL};
	assert_err(wq_spawn(none, 10000, &out, &status), WQ_E_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_are_run_without_a_shell),
		cmocka_unit_test(a_machine_that_builds_us_is_sound),
		cmocka_unit_test(a_bad_state_directory_is_found),
		cmocka_unit_test(a_wrong_clock_is_found),
		cmocka_unit_test(a_taken_port_is_found),
		cmocka_unit_test(a_file_that_is_no_module_is_found),
		cmocka_unit_test(a_unit_that_forbids_the_jit_is_found),
		cmocka_unit_test(the_report_is_json),
	};
	return cmocka_run_group_tests_name("cli doctor", tests, NULL, NULL);
}
