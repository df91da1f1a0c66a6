/* Audit reports: what is listed, in three formats that no value can break out of; kept, handed out, deleted only when
 * their time is over. */
#include "kit.h"
#include "ledger/report.h"
#include "ledger/report_write.h"

struct office {
	struct kit *k;
	struct kit_node *n;
	struct hf_reports *reports;
};

static void open_office(struct office *o)
{
	struct hf_fault f = {HF_OK, ""};

	kit_open(o->k, SB_AUDIT);
	kit_open(o->k, SB_HUB);
	kit_open(o->k, SB_PORT);
	o->n = kit_open(o->k, SB_HEALTH);
	assert_int_equal(hf_reports_open(&o->n->base, o->n->store, o->n->ledger, &o->reports, &f), HF_OK);
}

static int start(void **state)
{
	struct office *o = calloc(1, sizeof(*o));

	o->k = kit_new(NULL);
	open_office(o);
	kit_until_witnessed(o->n);
	*state = o;
	return 0;
}

static int stop(void **state)
{
	struct office *o = *state;

	hf_reports_close(o->reports);
	kit_free(o->k);
	free(o);
	return 0;
}

static void record(struct office *o, enum hf_event event, const char *actor, const char *object, enum hf_err e)
{
	struct hf_draft *d = hf_draft_new(event, NULL);

	hf_draft_text(d, HF_FIELD_ACTOR, actor);
	hf_draft_text(d, HF_FIELD_OBJECT, object);
	hf_draft_outcome(d, e, NULL);
	kit_write(o->n, d);
}

static struct hf_report_view view_of(struct office *o, const struct hf_id *id)
{
	struct hf_report_view v;

	assert_int_equal(hf_report_view(o->reports, id, &v), HF_OK);
	return v;
}

static struct hf_id begin(struct office *o, const struct hf_report_filter *filter, enum hf_report_format format)
{
	struct hf_fault f = {HF_OK, ""};
	struct hf_id id;

	if (hf_report_start(o->reports, filter, format, "wu", &id, &f) != HF_OK)
		fail_msg("%s", f.text);
	return id;
}

static struct hf_report_view make(struct office *o, const struct hf_report_filter *filter, enum hf_report_format format)
{
	struct hf_id id = begin(o, filter, format);

	kit_until(o->k, view_of(o, &id).state != HF_REPORT_RUNNING);
	return view_of(o, &id);
}

struct handed {
	bool done;
	enum hf_err e;
	struct hf_buf bytes;
};

static void on_file(void *ctx, enum hf_err e, int fd, uint64_t bytes)
{
	struct handed *h = ctx;

	h->done = true;
	h->e = e;
	if (fd < 0)
		return;
	assert_true(hf_buf_reserve(&h->bytes, bytes + 1));
	assert_int_equal(read(fd, h->bytes.data, bytes + 1), (ssize_t)bytes);
	h->bytes.len = bytes;
	h->bytes.data[bytes] = '\0';
	close(fd);
}

/* The caller ends h.bytes. */
static struct handed take(struct office *o, const struct hf_id *id)
{
	struct handed h = {.bytes = HF_BUF_INIT};

	hf_report_file(o->reports, id, on_file, &h);
	assert_false(h.done);
	kit_until(o->k, h.done);
	return h;
}

static void path_of(struct office *o, const struct hf_report_view *v, const char *extension, char out[700])
{
	char id[HF_ID_TEXT];

	hf_id_text(&v->id, id);
	snprintf(out, 700, "%s/reports/%s.%s", o->n->base.dir, id, extension);
}

static bool take_first(void *ctx, const struct hf_report_view *v)
{
	*(struct hf_report_view *)ctx = *v;
	return false;
}

/* By subject, object, period, event and outcome (DS-97, DS-129); the report states what it was asked and the checkpoint
 * that it was read under. */
static void test_filters(void **state)
{
	struct office *o = *state;
	struct hf_report_filter f = {.subject = "chen"};
	struct handed h;

	record(o, HF_EVENT_COMMAND, "health/chen", "dataset 航班", HF_OK);
	record(o, HF_EVENT_COMMAND, "health/chenxi", "dataset 航班", HF_OK);
	int64_t middle = kit_now(o->k);

	kit_until(o->k, kit_now(o->k) > middle + 1);
	record(o, HF_EVENT_LOGIN, "health/chen", "session", HF_E_CREDENTIAL);
	assert_int_equal(make(o, &f, HF_REPORT_TEXT).entries, 2);
	f = (struct hf_report_filter){.subject = "health/chenxi"};
	assert_int_equal(make(o, &f, HF_REPORT_TEXT).entries, 1);
	f = (struct hf_report_filter){.subject = "hen"};
	assert_int_equal(make(o, &f, HF_REPORT_TEXT).entries, 0);
	f = (struct hf_report_filter){.object = "航班"};
	assert_int_equal(make(o, &f, HF_REPORT_TEXT).entries, 2);
	f = (struct hf_report_filter){.subject = "chen", .outcome = "refused"};
	assert_int_equal(make(o, &f, HF_REPORT_TEXT).entries, 1);
	f = (struct hf_report_filter){.subject = "chen", .until_ms = middle + 1};
	assert_int_equal(make(o, &f, HF_REPORT_TEXT).entries, 1);
	f = (struct hf_report_filter){.subject = "chen", .from_ms = middle + 1};
	assert_int_equal(make(o, &f, HF_REPORT_TEXT).entries, 1);
	f = (struct hf_report_filter){.event = HF_EVENT_LOGIN, .subject = "chen"};
	struct hf_report_view v = make(o, &f, HF_REPORT_TEXT);

	assert_int_equal(v.entries, 1);
	assert_true(v.witnessed);
	h = take(o, &v.id);
	assert_int_equal(h.e, HF_OK);
	assert_non_null(strstr((char *)h.bytes.data, "subject: chen\n"));
	assert_non_null(strstr((char *)h.bytes.data, "event: login\n"));
	assert_non_null(strstr((char *)h.bytes.data, "entries listed: 1\n"));
	assert_non_null(strstr((char *)h.bytes.data, "ledger: " SB_SPACE "/ledger/health\n"));
	assert_non_null(strstr((char *)h.bytes.data, "      \xE2\x80\x94 " SB_SPACE "/witness/"));
	hf_buf_done(&h.bytes);
}

static void test_a_period_must_run_forwards(void **state)
{
	struct office *o = *state;
	struct hf_report_filter filter = {.from_ms = 2, .until_ms = 2};
	struct hf_fault f = {HF_OK, ""};
	struct hf_id id;

	assert_int_equal(hf_report_start(o->reports, &filter, HF_REPORT_TEXT, "wu", &id, &f), HF_E_ARGUMENT);
}

/* The digest of the file is in the ledger: a report that was altered outside is found out by anyone with the entry. */
static void test_the_entry_states_the_digest(void **state)
{
	struct office *o = *state;
	struct hf_report_view v = make(o, &(struct hf_report_filter){.subject = ""}, HF_REPORT_CSV);
	struct handed h = take(o, &v.id);
	struct hf_opened opened HF_CLEANUP(hf_opened_done) = HF_OPENED_INIT;
	uint64_t last = kit_state(o->n).durable - 1;
	struct hf_bytes digest;
	struct hf_hash of_file;

	assert_int_equal(h.e, HF_OK);
	hf_sha256(h.bytes.data, h.bytes.len, &of_file);
	kit_assert_field(o->n, last, HF_FIELD_EVENT, "audit-report");
	assert_int_equal(
	        hf_opening_read(&o->n->ledger->opening_keys, &o->n->ledger->own, &o->n->ledger->rows, last, &opened),
	        HF_OK);
	assert_true(hf_opening_get(opened.opening, HF_FIELD_DIGEST, &digest));
	assert_int_equal(digest.len, 32);
	assert_memory_equal(digest.data, of_file.b, 32);
	hf_buf_done(&h.bytes);
}

/* More entries than one snapshot is read for, while new ones are written. */
static void test_many_entries(void **state)
{
	struct office *o = *state;
	struct hf_id id;

	for (int i = 0; i < 10; i++)
		kit_fill(o->n, 1000);
	id = begin(o, &(struct hf_report_filter){.subject = ""}, HF_REPORT_CSV);
	kit_fill(o->n, 1000);
	kit_until(o->k, view_of(o, &id).state != HF_REPORT_RUNNING);
	struct hf_report_view v = view_of(o, &id);

	assert_int_equal(v.state, HF_REPORT_READY);
	assert_true(v.entries == v.size && v.size >= 10001);
}

static void test_cancel(void **state)
{
	struct office *o = *state;
	struct hf_fault f = {HF_OK, ""};
	struct hf_id id;
	struct handed h;

	kit_fill(o->n, 20000);
	id = begin(o, &(struct hf_report_filter){.subject = ""}, HF_REPORT_HTML);
	assert_int_equal(hf_report_cancel(o->reports, &id, &f), HF_OK);
	kit_until(o->k, view_of(o, &id).state != HF_REPORT_RUNNING);
	assert_int_equal(view_of(o, &id).state, HF_REPORT_FAILED);
	assert_int_equal(view_of(o, &id).err, HF_E_CANCELLED);
	assert_int_equal(hf_report_cancel(o->reports, &id, &f), HF_E_STATE);
	h = take(o, &id);
	assert_int_equal(h.e, HF_E_STATE);
}

/* Two at a time: the worker pool has other duties. */
static void test_a_third_one_waits(void **state)
{
	struct office *o = *state;
	struct hf_report_filter all = {.subject = ""};
	struct hf_fault f = {HF_OK, ""};
	struct hf_id a = begin(o, &all, HF_REPORT_TEXT), b = begin(o, &all, HF_REPORT_TEXT), c;

	assert_int_equal(hf_report_start(o->reports, &all, HF_REPORT_TEXT, "wu", &c, &f), HF_E_BUSY);
	kit_until(o->k, view_of(o, &a).state == HF_REPORT_READY && view_of(o, &b).state == HF_REPORT_READY);
	assert_int_equal(make(o, &all, HF_REPORT_TEXT).state, HF_REPORT_READY);
}

/* Entry 3 in the place of entry 2: the report fails and names the place. */
static void test_an_altered_ledger_makes_no_report(void **state)
{
	struct office *o = *state;
	struct hf_unit *u = hf_unit_new();
	struct hf_buf bytes HF_CLEANUP(hf_buf_done) = HF_BUF_INIT;
	uint8_t key[8];

	kit_fill(o->n, 10);
	kit_until_witnessed(o->n);
	hf_put_u64(key, 3);
	assert_int_equal(hf_store_get(o->n->store, HF_TABLE_ENTRY, key, 8, &bytes), HF_OK);
	hf_put_u64(key, 2);
	hf_unit_put(u, HF_TABLE_ENTRY, key, 8, bytes.data, bytes.len);
	kit_submit(o->n, u);
	struct hf_report_view v = make(o, &(struct hf_report_filter){.subject = ""}, HF_REPORT_TEXT);

	assert_int_equal(v.state, HF_REPORT_FAILED);
	assert_int_equal(v.err, HF_E_DIGEST);
	assert_non_null(strstr(v.text, "entry 2 "));
}

static void test_erased_content_is_stated(void **state)
{
	struct office *o = *state;
	uint64_t index;
	struct handed h;

	record(o, HF_EVENT_COMMAND, "health/chen", "secret-object", HF_OK);
	index = kit_state(o->n).durable - 1;
	assert_int_equal(hf_slots_erase(o->n->ledger->opening_keys.slots_own, &index, 1), HF_OK);
	struct hf_report_view v = make(o, &(struct hf_report_filter){.subject = ""}, HF_REPORT_TEXT);

	h = take(o, &v.id);
	assert_non_null(strstr((char *)h.bytes.data, "erased in the period: 1\n"));
	assert_null(strstr((char *)h.bytes.data, "secret-object"));
	hf_buf_done(&h.bytes);
	assert_int_equal(make(o, &(struct hf_report_filter){.subject = "chen"}, HF_REPORT_TEXT).entries, 0);
}

static enum hf_err delete (struct office *o, const struct hf_id *id, struct hf_fault *f) {
	struct hf_unit *u = hf_unit_new(); enum hf_err e = hf_report_delete(o->reports, u, id, f);

	if (e == HF_OK) kit_submit(o->n, u);
	else hf_unit_free(u);
	return e;
}

/* DS-104, DS-129, DS-130: not within six months, and not by setting this node's clock forward alone. */
/* DS-104: a file that was made before an erasure keeps what it lists; which files these are is told. */
static void test_a_report_that_keeps_erased_content_is_named(void **state)
{
	struct office *o = *state;
	uint64_t other[] = {0}, mine[2];
	struct hf_erasure_view e = {.state = HF_ERASURE_ASKED, .entries = other, .count = 1};
	struct hf_ledger_state at;

	hf_ledger_state(o->n->ledger, &at);
	mine[0] = at.durable;
	record(o, HF_EVENT_COMMAND, "health/ming", "marked object", HF_OK);
	hf_ledger_state(o->n->ledger, &at);
	mine[1] = at.durable - 1;
	struct hf_report_view all = make(o, &(struct hf_report_filter){.subject = ""}, HF_REPORT_TEXT);
	struct hf_report_view one = make(o, &(struct hf_report_filter){.object = "marked object"}, HF_REPORT_CSV);
	struct hf_report_view none = make(o, &(struct hf_report_filter){.object = "no such object"}, HF_REPORT_HTML);

	assert_int_equal(one.entries, 1);
	assert_true(hf_report_may_show(&all, &e));
	assert_false(hf_report_may_show(&one, &e)); /* begins behind it */
	e.entries = mine;
	e.count = 2;
	assert_true(hf_report_may_show(&all, &e));
	assert_true(hf_report_may_show(&one, &e));
	assert_false(hf_report_may_show(&none, &e));
	e.approved_ms = one.made_ms - 1; /* was erased when these were made */
	assert_false(hf_report_may_show(&one, &e));
	e.approved_ms = one.made_ms;
	assert_true(hf_report_may_show(&one, &e));
	one.state = HF_REPORT_LOST;
	assert_false(hf_report_may_show(&one, &e));
}

static void test_deletion_before_the_period_is_over_is_refused(void **state)
{
	struct office *o = *state;
	struct hf_report_view v = make(o, &(struct hf_report_filter){.subject = ""}, HF_REPORT_CSV), listed;
	struct hf_fault f = {HF_OK, ""};
	struct stat st;
	char path[700];

	path_of(o, &v, "csv", path);
	assert_true(v.keep_until_ms - v.made_ms >= (int64_t)184 * 24 * 3600 * 1000);
	assert_int_equal(delete (o, &v.id, &f), HF_E_STATE);
	o->k->jump_ms += (int64_t)183 * 24 * 3600 * 1000;
	assert_int_equal(delete (o, &v.id, &f), HF_E_STATE);
	kit_until_witnessed(o->n);
	o->k->down[SB_AUDIT] = o->k->down[SB_HUB] = o->k->down[SB_PORT] = true;
	o->k->jump_ms += (int64_t)2 * 24 * 3600 * 1000;
	assert_int_equal(delete (o, &v.id, &f), HF_E_STATE);
	assert_non_null(strstr(f.text, "witnesses"));
	assert_int_equal(stat(path, &st), 0);
	o->k->down[SB_AUDIT] = o->k->down[SB_HUB] = o->k->down[SB_PORT] = false;
	kit_fill(o->n, 1);
	kit_until_witnessed(o->n);
	assert_int_equal(delete (o, &v.id, &f), HF_OK);
	assert_int_equal(stat(path, &st), -1);
	memset(&listed, 0, sizeof(listed));
	assert_int_equal(hf_report_list(o->reports, take_first, &listed), HF_OK);
	assert_true(hf_id_is_zero(&listed.id));
}

/* What a crash left goes; what was promised stays; what was altered or taken away is not handed out. */
static void test_restart(void **state)
{
	struct office *o = *state;
	struct hf_report_view v = make(o, &(struct hf_report_filter){.subject = ""}, HF_REPORT_TEXT);
	char path[700], part[720], orphan[700];
	struct hf_fault f = {HF_OK, ""};
	struct handed h;
	struct stat st;
	int fd;

	path_of(o, &v, "txt", path);
	snprintf(part, sizeof(part), "%s.part", path);
	snprintf(orphan, sizeof(orphan), "%s/reports/0198a7c2-5b1e-7d44-8a51-0c1f6d2e9b10.csv", o->n->base.dir);
	assert_int_equal(hf_file_write(part, "x", 1, 0600), HF_OK);
	assert_int_equal(hf_file_write(orphan, "x", 1, 0600), HF_OK);
	hf_reports_close(o->reports);
	assert_int_equal(hf_reports_open(&o->n->base, o->n->store, o->n->ledger, &o->reports, &f), HF_OK);
	assert_int_equal(stat(part, &st), -1);
	assert_int_equal(stat(orphan, &st), -1);
	h = take(o, &v.id);
	assert_int_equal(h.e, HF_OK);
	hf_buf_done(&h.bytes);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "X", 1, 30), 1);
	close(fd);
	assert_int_equal(take(o, &v.id).e, HF_E_DIGEST);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(view_of(o, &v.id).state, HF_REPORT_LOST);
	assert_int_equal(take(o, &v.id).e, HF_E_UNKNOWN);
}

/* Closing does not wait for a long report, and leaves nothing of it. */
static void test_close_while_it_runs(void **state)
{
	struct office *o = *state;
	struct hf_report_filter all = {.subject = ""};
	char id[HF_ID_TEXT], path[700];
	struct hf_id a, b;
	struct stat st;

	kit_fill(o->n, 20000);
	kit_until_witnessed(o->n);
	a = begin(o, &all, HF_REPORT_CSV);
	kit_until(o->k, view_of(o, &a).done > 0 || view_of(o, &a).state != HF_REPORT_RUNNING);
	kit_fill(o->n, 1);
	b = begin(o, &all, HF_REPORT_CSV); /* still waits for the witnesses */
	(void)b;
	hf_reports_close(o->reports);
	o->reports = NULL;
	kit_close(o->k, SB_HEALTH);
	hf_id_text(&a, id);
	snprintf(path, sizeof(path), "%s/reports/%s.csv.part", o->n->base.dir, id);
	assert_int_equal(stat(path, &st), -1);
}

/* ---- the three formats ---- */

static char *written(enum hf_report_format format, const struct hf_report_row *row)
{
	static const struct hf_report_fact fact[] = {{"subject", "=1+1"}, {"checkpoint", "a\n<b>\n"}};
	char path[] = "/tmp/hufu-report-XXXXXX", *text = calloc(1, 65536);
	struct hf_report_out out = {.format = format, .fd = mkostemp(path, O_CLOEXEC)};

	assert_true(out.fd >= 0);
	unlink(path);
	hf_report_head(&out, "Audit report", fact, 2);
	hf_report_row(&out, row);
	hf_report_tail(&out);
	hf_report_flush(&out);
	assert_int_equal(out.err, HF_OK);
	assert_true(pread(out.fd, text, 65535, 0) == (ssize_t)out.bytes);
	close(out.fd);
	hf_buf_done(&out.buf);
	return text;
}

static void set(struct hf_report_row *r, enum hf_field f, const char *text)
{
	r->field[f] = (struct hf_bytes){(const uint8_t *)text, strlen(text)};
}

static struct hf_report_row hostile_row(void)
{
	struct hf_report_row r = {.index = 7, .time_ms = 0, .event_class = HF_EVENT_CLASS_OPERATOR};

	set(&r, HF_FIELD_EVENT, "denied");
	set(&r, HF_FIELD_ACTOR, "=HYPERLINK(\"http://x\")");
	set(&r, HF_FIELD_OBJECT, "<script>alert('x')</script>&");
	set(&r, HF_FIELD_DETAIL, "one, \"two\"\n2026-01-01T00:00:00.000Z  #8  login  ok  forged");
	set(&r, HF_FIELD_OUTCOME, "＝1+1");
	set(&r, HF_FIELD_REASON, "  @SUM(A1)");
	r.field[HF_FIELD_DIGEST] = (struct hf_bytes){(const uint8_t *)"\x00\xff", 2};
	return r;
}

/* RFC 4180, every record as wide as the header, nothing that a table program would compute. */
static void test_csv(void **state)
{
	struct hf_report_row r = hostile_row();
	char *text = written(HF_REPORT_CSV, &r);

	(void)state;
	assert_memory_equal(text, "\xEF\xBB\xBFrecord,index,time,class,type,subject,", 38);
	assert_non_null(strstr(text, "\r\nreport,,,,,,,subject,,,,,,\"'=1+1\",,\r\n"));
	assert_non_null(strstr(text, ",\"'=HYPERLINK(\"\"http://x\"\")\","));
	assert_non_null(strstr(text, ",\"'＝1+1\",\"'  @SUM(A1)\","));
	assert_non_null(strstr(text, ",\"one, \"\"two\"\"\n2026-01-01T00:00:00.000Z  #8  login  ok  forged\","));
	assert_non_null(strstr(text, ",digest=00ff,"));
	free(text);
}

static void test_html(void **state)
{
	struct hf_report_row r = hostile_row();
	char *text = written(HF_REPORT_HTML, &r);

	(void)state;
	assert_null(strstr(text, "<script"));
	assert_null(strstr(text, "<b>"));
	assert_non_null(strstr(text, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;"));
	assert_non_null(strstr(text, "default-src 'none'"));
	assert_non_null(strstr(text, "@page { size: A4"));
	assert_non_null(strstr(text, "</html>\n"));
	free(text);
}

/* Nobody writes a line of somebody else's. */
static void test_text(void **state)
{
	struct hf_report_row r = hostile_row();
	char *text = written(HF_REPORT_TEXT, &r);
	unsigned rows = 0;

	(void)state;
	for (const char *at = text; (at = strstr(at, "\n2026-")) != NULL; at++)
		rows++;
	assert_int_equal(rows, 0);
	assert_non_null(strstr(text, "\n1970-01-01T00:00:00.000Z  #7  denied  ＝1+1  =HYPERLINK"));
	assert_non_null(strstr(text, "      detail: one, \"two\" 2026-01-01T00:00:00.000Z  #8  login"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(test_filters, start, stop),
	        cmocka_unit_test_setup_teardown(test_a_period_must_run_forwards, start, stop),
	        cmocka_unit_test_setup_teardown(test_the_entry_states_the_digest, start, stop),
	        cmocka_unit_test_setup_teardown(test_many_entries, start, stop),
	        cmocka_unit_test_setup_teardown(test_cancel, start, stop),
	        cmocka_unit_test_setup_teardown(test_a_third_one_waits, start, stop),
	        cmocka_unit_test_setup_teardown(test_an_altered_ledger_makes_no_report, start, stop),
	        cmocka_unit_test_setup_teardown(test_erased_content_is_stated, start, stop),
	        cmocka_unit_test_setup_teardown(test_a_report_that_keeps_erased_content_is_named, start, stop),
	        cmocka_unit_test_setup_teardown(test_deletion_before_the_period_is_over_is_refused, start, stop),
	        cmocka_unit_test_setup_teardown(test_restart, start, stop),
	        cmocka_unit_test_setup_teardown(test_close_while_it_runs, start, stop),
	        cmocka_unit_test(test_csv),
	        cmocka_unit_test(test_html),
	        cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
