/* config_test.c - hufu.yaml: what is accepted, and that every refusal names the file, the line and the remedy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config.h"
#include "crypto/crypto.h"

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEAD "node: roads\nspace: roads.example\norganization: cn.roads\n"

struct file {
	char dir[32], path[64];
};

static int open_file(void **state)
{
	struct file *f = calloc(1, sizeof(*f));
	assert_true(hf_crypto_init());
	snprintf(f->dir, sizeof(f->dir), "/tmp/hufu-config-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/hufu.yaml", f->dir);
	*state = f;
	return 0;
}

static int close_file(void **state)
{
	struct file *f = *state;
	unlink(f->path);
	rmdir(f->dir);
	free(f);
	return 0;
}

static enum hf_err load(struct file *f, const char *text, struct hf_config **c, struct hf_fault *fault)
{
	FILE *out = fopen(f->path, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
	memset(fault, 0, sizeof(*fault));
	return hf_config_load(f->path, c, fault);
}

static void a_full_file_is_read(void **state)
{
	struct file *f = *state;
	struct hf_config *c = NULL;
	struct hf_fault fault;
	assert_int_equal(load(f,
	                      HEAD
	                      "organization_name: 交通运输部\njurisdiction: CN\nlisten:\n  - tcp://127.0.1.1:7400\n"
	                      "log_level: warn\napi_socket: /run/hufu/roads.sock\nlimits:\n  outstanding_per_peer: 32\n"
	                      "accounts:\n  password_days: 30\nagents:\n  unfiled: deny\n"
	                      "masking:\n  methods:\n    - file: /etc/hufu/badges.yaml\n      sha256: " DIGEST "\n",
	                      &c, &fault),
	                 HF_OK);
	assert_string_equal(c->node, "roads");
	assert_string_equal(c->space, "roads.example");
	assert_string_equal(c->organization_name, "交通运输部");
	assert_int_equal(c->listen_count, 1);
	assert_string_equal(c->listen[0], "tcp://127.0.1.1:7400");
	assert_int_equal(c->log_level, HF_LOG_WARN);
	assert_string_equal(c->api_socket, "/run/hufu/roads.sock");
	assert_int_equal(c->limits.outstanding_per_peer, 32);
	assert_int_equal(c->accounts.password_days, 30);
	assert_int_equal(c->accounts.lock_minutes, 0);
	assert_int_equal(c->agents.unfiled, HF_UNFILED_DENY);
	assert_int_equal(c->masking.methods_count, 1);
	assert_string_equal(c->masking.methods[0].file, "/etc/hufu/badges.yaml");
	assert_string_equal(c->masking.methods[0].sha256, DIGEST);
	hf_config_free(c);
}

static void defaults_stand_for_what_is_absent(void **state)
{
	struct file *f = *state;
	struct hf_config *c = NULL;
	struct hf_fault fault;
	char socket[80];
	assert_int_equal(load(f, HEAD, &c, &fault), HF_OK);
	snprintf(socket, sizeof(socket), "%s/run/api.sock", f->dir);
	assert_string_equal(c->api_socket, socket);
	assert_int_equal(c->log_level, HF_LOG_INFO);
	assert_string_equal(c->organization_name, "");
	assert_int_equal(c->agents.unfiled, HF_UNFILED_FLAG);
	assert_int_equal(c->listen_count, 0);
	hf_config_free(c);
}

static void refused(struct file *f, const char *text, const char *line, const char *says)
{
	struct hf_config *c = NULL;
	struct hf_fault fault;
	assert_int_not_equal(load(f, text, &c, &fault), HF_OK);
	assert_null(c);
	if (!strstr(fault.text, f->path) || !strstr(fault.text, line) || !strstr(fault.text, says))
		fail_msg("'%s' does not name the file, '%s' and '%s'", fault.text, line, says);
}

static void refusals_name_file_line_and_remedy(void **state)
{
	struct file *f = *state;
	refused(f, HEAD "listne: []\n", "line 4", "no setting 'listne'");
	refused(f, HEAD "accounts:\n  password_days: 30\n  pasword: x\n", "line 6", "no setting 'pasword'");
	refused(f, "node: roads\nspace: roads.example\n", "organization", "add a line");
	refused(f, HEAD "accounts:\n  password_days: often\n", "line 5", "correct");
	refused(f, HEAD "log_level: loud\n", "line 4", "correct");
	refused(f, HEAD "agents:\n  unfiled: maybe\n", "line 5", "correct");
	refused(f, HEAD "node: twice\n", "line 4", "stands twice");
	refused(f, HEAD "listen: tcp://127.0.0.1:1\n", "line 4", "SEQUENCE");
	refused(f, HEAD "listen: [http://127.0.0.1]\n", "", "tcp://ADDRESS:PORT");
	refused(f, "node: Roads!\nspace: x\norganization: y\n", "", "a-z");
	refused(f, HEAD "accounts:\n  login_failures: 99\n", "login_failures", "from 1 to 10");
	refused(f, "node: roads\norganization: cn.roads\n", "", "hufu space join");
	refused(f, HEAD "masking:\n  methods: [{file: badges.yaml, sha256: " DIGEST "}]\n", "", "absolute path");
	refused(f, HEAD "masking:\n  methods: [{file: /a, sha256: 00}]\n", "", "64 small hex digits");
	refused(f, HEAD "masking:\n  methods: [{file: /a}]\n", "", "'sha256' is missing");
	refused(f, "", "", "empty");
	refused(f, "node: [\n", "", "line");
	refused(f, "node: &a roads\nspace: *a\norganization: x\n", "", "line");
}

static void a_missing_file_says_how_to_make_one(void **state)
{
	struct file *f = *state;
	struct hf_config *c = NULL;
	struct hf_fault fault = {HF_OK, ""};
	assert_int_equal(hf_config_load(f->path, &c, &fault), HF_E_UNKNOWN);
	assert_non_null(strstr(fault.text, "hufu init"));
}

static void a_passphrase_comes_from_a_closed_file_only(void **state)
{
	struct file *f = *state;
	struct hf_config *c = NULL;
	struct hf_fault fault;
	char text[300], *passphrase = NULL, path[80];
	snprintf(path, sizeof(path), "%s/pass", f->dir);
	snprintf(text, sizeof(text), HEAD "passphrase_file: %s\n", path);
	assert_int_equal(load(f, text, &c, &fault), HF_OK);
	assert_int_equal(hf_config_passphrase(c, &passphrase, &fault), HF_E_UNKNOWN);
	FILE *out = fopen(path, "w");
	fputs("open sesame\nsecond line\n", out);
	fclose(out);
	chmod(path, 0644);
	assert_int_equal(hf_config_passphrase(c, &passphrase, &fault), HF_E_STATE);
	chmod(path, 0600);
	assert_int_equal(hf_config_passphrase(c, &passphrase, &fault), HF_OK);
	assert_string_equal(passphrase, "open sesame");
	hf_config_passphrase_free(passphrase);
	hf_config_free(c);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(a_full_file_is_read, open_file, close_file),
	        cmocka_unit_test_setup_teardown(defaults_stand_for_what_is_absent, open_file, close_file),
	        cmocka_unit_test_setup_teardown(refusals_name_file_line_and_remedy, open_file, close_file),
	        cmocka_unit_test_setup_teardown(a_missing_file_says_how_to_make_one, open_file, close_file),
	        cmocka_unit_test_setup_teardown(a_passphrase_comes_from_a_closed_file_only, open_file, close_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
