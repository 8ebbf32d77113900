#include "base/test.h"
#include "cli/commands.h"
#include "cli/spawn_priv.h"

#include <fcntl.h>

/* What `weique completion SHELL` prints, in a file whose name is in `path`. */
static int write_script(const char *shell, char *path)
{
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	struct wq_cli cli = {.out = fdopen(fd, "w"), .err = stderr};
	struct wq_cli_args args = {.command = wq_cmd_completion, .words = {wq_str_c(shell)}, .words_n = 1};
	assert_non_null(cli.out);
	assert_ok(wq_cmd_completion->run(&cli, &args));
	return fclose(cli.out);
}

static void bash_completes(void **state)
{
	(void)state;
	static const struct {
		const char *line; /* words of the line; the last is being completed */
		const char *has, *lacks;
	} rows[] = {
		{"weique ''", "doctor", "--json"},
		{"weique do", "doctor", "version"},
		{"weique --json do", "doctor", "version"},
		{"weique --state /tmp do", "doctor", "version"},
		{"weique --state doctor ''", "completion", "--json"},
		{"weique help do", "doctor", "version"},
		{"weique doctor --", "--module", "doctor"},
		{"weique doctor --po", "--port", "--json"},
		{"weique version --", "--json", "--module"},
		{"weique xyz --j", "--json", "doctor"},
	};
	char path[] = "/tmp/weique-completion-XXXXXX";
	assert_int_equal(write_script("bash", path), 0);
	for (size_t i = 0; i < WQ_COUNT(rows); i++) {
		WQ_BUF(script, WQ_MIB);
		WQ_BUF(out, WQ_MIB);
		int status = -1;
		wq_buf_printf(&script,
			"source %s; complete -p weique >/dev/null || exit 9; COMP_WORDS=(%s); "
			"COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _weique; printf '<%%s>' \"${COMPREPLY[@]}\"",
			path, rows[i].line);
		const char *text = wq_buf_cstr(&script);
		char *argv[] = {(char[]){"bash"}, (char[]){"-c"}, strdup(text), NULL};
		assert_ok(wq_spawn(argv, 10000, &out, &status));
		free(argv[2]);
		assert_int_equal(status, 0);
		char has[64], lacks[64];
		snprintf(has, sizeof(has), "<%s>", rows[i].has);
		snprintf(lacks, sizeof(lacks), "<%s>", rows[i].lacks);
		if (wq_str_find(wq_buf_str(&out), wq_str_c(has)) < 0 ||
			wq_str_find(wq_buf_str(&out), wq_str_c(lacks)) >= 0)
			fail_msg("%s: %s", rows[i].line, wq_buf_cstr(&out));
	}
	unlink(path);
}

static void every_command_is_in_every_script(void **state)
{
	(void)state;
	static const char *const shells[] = {"bash", "zsh", "fish"};
	for (size_t s = 0; s < WQ_COUNT(shells); s++) {
		char path[] = "/tmp/weique-completion-XXXXXX", text[65536];
		assert_int_equal(write_script(shells[s], path), 0);
		FILE *file = fopen(path, "r");
		size_t n = file ? fread(text, 1, sizeof(text), file) : 0;
		assert_non_null(file);
		fclose(file);
		unlink(path);
		for (size_t i = 0; wq_cli_commands[i]; i++) {
			for (const struct wq_cli_command *c = wq_cli_commands[i]; c->words; c++) {
				wq_str rest = wq_str_c(c->words);
				while (rest.p)
					assert_true(wq_str_find(wq_str_of(text, n), wq_str_cut(&rest, ' ')) >= 0);
				for (const struct wq_cli_option *o = c->options; o && o->name; o++)
					assert_true(wq_str_find(wq_str_of(text, n), wq_str_c(o->name)) >= 0);
			}
		}
	}
}

static void other_shells_are_refused(void **state)
{
	(void)state;
	struct wq_cli cli = {.out = stdout, .err = stderr};
	struct wq_cli_args args = {.command = wq_cmd_completion, .words = {WQ_S("tcsh")}, .words_n = 1};
	assert_err(wq_cmd_completion->run(&cli, &args), WQ_E_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_is_in_every_script),
		cmocka_unit_test(bash_completes),
		cmocka_unit_test(other_shells_are_refused),
	};
	return cmocka_run_group_tests_name("cli completion", tests, NULL, NULL);
}
