#include "base/test.h"

#include <jpeglib.h>
#include <png.h>

#include "detect/likeness/fixture_test.h"
#include "inspect/fake/evidence.h"
#include "inspect/fake/image.h"
#include "inspect/fake/protected.h"
#include "inspect/fake/seen.h"

static struct wq_arena arena;
static const struct wq_likeness_rules *rules;
static char dir[64];

static int prepare(void **state)
{
	(void)state;
	wq_arena_init(&arena, 64 * WQ_MIB);
	assert_ok(wq_crypto_init());
	rules = likeness_test_rules(&arena);
	snprintf(dir, sizeof dir, "/tmp/wq-fake-test-%d", (int)getpid());
	assert_ok(wq_dir_make(&wq_fs_system, dir, 0700));
	return 0;
}

static int end(void **state)
{
	(void)state;
	assert_ok(wq_dir_remove_tree(&wq_fs_system, dir));
	wq_arena_done(&arena);
	return 0;
}

static const char *in_dir(const char *name)
{
	return wq_arena_printf(&arena, "%s/%s", dir, name).p;
}

/* ---- images ---- */

enum { W = 300, H = 160 };

static void draw(uint8_t *grey, int w, int h, int frame)
{
	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++) {
			int ix = (x - frame) * W / (w - 2 * frame), iy = (y - frame) * H / (h - 2 * frame);
			int cx = ix - 100, cy = iy - 80;
			bool in = x >= frame && y >= frame && x < w - frame && y < h - frame;
			int v = cx * cx + cy * cy < 2500 ? 210 - cx : 30 + ix / 3 + iy % 40;
			grey[y * w + x] = (uint8_t)(in ? v : 255);
		}
}

static wq_str as_png(const uint8_t *grey, int w, int h, struct wq_buf *out)
{
	png_image image = {
		.version = PNG_IMAGE_VERSION, .width = (unsigned)w, .height = (unsigned)h, .format = PNG_FORMAT_GRAY};
	png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
	void *room = wq_buf_reserve(out, size);

	assert_true(png_image_write_to_memory(&image, room, &size, 0, grey, 0, NULL));
	wq_buf_commit(out, size);
	return wq_buf_str(out);
}

static wq_str as_jpeg(const uint8_t *grey, int w, int h, int quality, struct wq_buf *out)
{
	struct jpeg_compress_struct info;
	struct jpeg_error_mgr errors;
	unsigned char *bytes = NULL;
	unsigned long n = 0;

	info.err = jpeg_std_error(&errors);
	jpeg_create_compress(&info);
	jpeg_mem_dest(&info, &bytes, &n);
	info.image_width = (JDIMENSION)w;
	info.image_height = (JDIMENSION)h;
	info.input_components = 1;
	info.in_color_space = JCS_GRAYSCALE;
	jpeg_set_defaults(&info);
	jpeg_set_quality(&info, quality, TRUE);
	jpeg_start_compress(&info, TRUE);
	for (int y = 0; y < h; y++) {
		JSAMPROW row = (JSAMPROW)(uintptr_t)(grey + (size_t)y * (size_t)w);
		jpeg_write_scanlines(&info, &row, 1);
	}
	jpeg_finish_compress(&info);
	jpeg_destroy_compress(&info);
	wq_buf_add(out, wq_str_of(bytes, n));
	free(bytes);
	return wq_buf_str(out);
}

static void test_images(void **state)
{
	static uint8_t pixels[W * H * 9];
	static const struct {
		int w, h, frame, quality;
	} changes[] = {{W, H, 0, 40}, {W / 2, H / 2, 0, 70}, {W * 2, H * 2, 0, 0}, {W + 60, H + 60, 30, 60},
		{W * 3, H * 3, 40, 0}};
	WQ_BUF(first, WQ_MIB);
	struct wq_likeness_image own, other;
	uint32_t bits;
	bool has;
	(void)state;
	draw(pixels, W, H, 0);
	assert_ok(wq_fake_image_hash(rules, as_png(pixels, W, H, &first), &own, &has));
	assert_true(has);
	for (size_t i = 0; i < WQ_COUNT(changes); i++) {
		WQ_BUF(out, 4 * WQ_MIB);
		draw(pixels, changes[i].w, changes[i].h, changes[i].frame);
		wq_str bytes = changes[i].quality
			? as_jpeg(pixels, changes[i].w, changes[i].h, changes[i].quality, &out)
			: as_png(pixels, changes[i].w, changes[i].h, &out);
		assert_ok(wq_fake_image_hash(rules, bytes, &other, &has));
		assert_true(has);
		if (!wq_likeness_image_alike(rules, &own, &other, &bits))
			fail_msg("change %zu: %u bits", i, bits);
	}
	for (size_t cut = 1; cut < first.len; cut += first.len / 20) {
		assert_ok(wq_fake_image_hash(rules, wq_str_head(wq_buf_str(&first), cut), &other, &has));
		assert_false(has);
	}
	/* sides that it says and does not have: refused before anything is decoded */
	memcpy(first.data + 16, "\x00\x00\x80\x00\x00\x00\x80\x00", 8);
	assert_ok(wq_fake_image_hash(rules, wq_buf_str(&first), &other, &has));
	assert_false(has);
	assert_ok(wq_fake_image_hash(rules, WQ_S("GIF89a"), &other, &has));
	assert_false(has);
}

/* ---- lists ---- */

static void test_seen(void **state)
{
	const char *path = in_dir("seen.list");
	struct wq_fake_seen seen;
	WQ_BUF(text, 4096);
	bool is_new;
	(void)state;
	assert_ok(wq_fake_seen_open(&wq_fs_system, path, &wq_random_system, &seen));
	assert_ok(wq_fake_seen_add(&seen, WQ_S("yunshan-gov.cn"), 0, 92, "gov-word", WQ_S("portal"), &is_new));
	assert_true(is_new);
	assert_ok(wq_fake_seen_add(&seen, WQ_S("yunshan-gov.cn"), 0, 92, "gov-word", WQ_S("portal"), &is_new));
	assert_false(is_new);
	assert_ok(wq_fake_seen_keep(&seen));
	wq_fake_seen_done(&seen);
	assert_ok(wq_file_read(&wq_fs_system, path, &text));
	assert_str(wq_buf_str(&text),
		WQ_S("weique-fake-seen 1\n1970-01-01T00:00:00.000000Z yunshan-gov.cn 92 gov-word portal\n"));
	wq_buf_add(&text, WQ_S("1970-01-01T00:00"));
	assert_ok(wq_file_replace(&wq_fs_system, path, wq_buf_str(&text), 0600));
	assert_ok(wq_fake_seen_open(&wq_fs_system, path, &wq_random_system, &seen));
	assert_ok(wq_fake_seen_add(&seen, WQ_S("yunshan-gov.cn"), 0, 92, "gov-word", WQ_S("portal"), &is_new));
	assert_false(is_new);
	wq_fake_seen_done(&seen);
	assert_ok(wq_file_replace(&wq_fs_system, path, WQ_S("weique-fake-seen 2\n"), 0600));
	assert_err(wq_fake_seen_open(&wq_fs_system, path, &wq_random_system, &seen), WQ_E_FORMAT);
	wq_fake_seen_done(&seen);
}

static void test_protected(void **state)
{
	static const char head[] = "weique-protected 1\nversion: 1\ndate: 2026-11-22\nsource: t\n";
	static const struct {
		const char *body;
		enum wq_err_id e;
	} cases[] = {
		{"[unit a]\nname: 云山县人民政府\nhost: www.yunshan.gov.cn\nhost: 云山.政务\nshort: 云山\nicp: x\n[unit b]\n",
			WQ_E_OK},
		{"[unit]\n", WQ_E_CONFIG}, {"[unit a]\nhost: nodot\n", WQ_E_CONFIG},
		{"[unit a]\ncolour: red\n", WQ_E_CONFIG}};
	struct wq_subject *subjects;
	size_t n;
	(void)state;
	for (size_t i = 0; i < WQ_COUNT(cases); i++) {
		wq_str text = wq_arena_printf(&arena, "%s%s", head, cases[i].body);
		wq_err e = wq_fake_protected_parse(&arena, WQ_S("t"), text, &subjects, &n);
		assert_int_equal(e.id, cases[i].e);
	}
	assert_ok(wq_fake_protected_parse(
		&arena, WQ_S("t"), wq_arena_printf(&arena, "%s%s", head, cases[0].body), &subjects, &n));
	assert_int_equal(n, 2);
	assert_str(subjects[0].hosts[1], WQ_S("xn--9kq115a.xn--zfr164b"));
}

/* ---- evidence ---- */

static void write_package(const char *path, struct wq_sm2_key *key)
{
	struct wq_findings findings;
	struct wq_fake_evidence evidence = {.url = WQ_S("https://yunshan-gov.cn/<script>"),
		.person = WQ_S("zhang"),
		.unit = WQ_S("云山县人民政府"),
		.time = 1700000000 * WQ_SECOND,
		.status = 200,
		.headers = WQ_S("Server: x\r\n"),
		.body = WQ_S("<html>copied</html>"),
		.addresses = WQ_S("192.0.2.1\n"),
		.findings = &findings};
	wq_digest manifest;

	assert_ok(wq_findings_init(&findings, &arena, 10));
	assert_ok(wq_fake_evidence_write(&wq_fs_system, path, &evidence, key, &manifest));
}

static void test_evidence(void **state)
{
	static const char *const names[] = {
		"page.bin", "headers.txt", "addresses.txt", "report.json", "letter.html", "manifest", "manifest.sig"};
	const char *path = in_dir("package");
	struct wq_fake_evidence_check check;
	struct wq_sm2_key *key;
	wq_sm2_public public_key;
	WQ_BUF(letter, WQ_MIB);
	(void)state;
	assert_ok(wq_sm2_generate(&key));
	public_key = wq_sm2_key_public(key);
	write_package(path, key);
	assert_ok(wq_fake_evidence_verify(&wq_fs_system, path, &check));
	assert_int_equal(check.files, 5);
	assert_memory_equal(check.key.point, public_key.point, sizeof public_key.point);
	assert_string_equal(check.person, "zhang");
	assert_ok(wq_file_read(&wq_fs_system, in_dir("package/letter.html"), &letter));
	assert_true(wq_str_find(wq_buf_str(&letter), WQ_S("<script>")) < 0);
	assert_true(wq_str_find(wq_buf_str(&letter), WQ_S("云山县人民政府")) > 0);
	/* one byte more in any file, one file more, one less */
	for (size_t i = 0; i < WQ_COUNT(names); i++) {
		const char *file = wq_arena_printf(&arena, "%s/%s", path, names[i]).p;
		WQ_BUF(was, WQ_MIB);
		assert_ok(wq_file_read(&wq_fs_system, file, &was));
		size_t n = was.len;
		was.data[n / 2] ^= 1;
		assert_ok(wq_file_replace(&wq_fs_system, file, wq_buf_str(&was), 0644));
		assert_true(wq_failed(wq_fake_evidence_verify(&wq_fs_system, path, &check)));
		was.data[n / 2] ^= 1;
		assert_ok(wq_file_replace(&wq_fs_system, file, wq_buf_str(&was), 0644));
		assert_ok(wq_fake_evidence_verify(&wq_fs_system, path, &check));
	}
	assert_ok(wq_file_create(&wq_fs_system, in_dir("package/more"), WQ_S("x"), 0644));
	assert_err(wq_fake_evidence_verify(&wq_fs_system, path, &check), WQ_E_ALTERED);
	assert_ok(wq_file_remove(&wq_fs_system, in_dir("package/more")));
	assert_ok(wq_file_remove(&wq_fs_system, in_dir("package/page.bin")));
	assert_err(wq_fake_evidence_verify(&wq_fs_system, path, &check), WQ_E_ALTERED);
	wq_sm2_key_free(&key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_images),
		cmocka_unit_test(test_seen),
		cmocka_unit_test(test_protected),
		cmocka_unit_test(test_evidence),
	};
	return cmocka_run_group_tests(tests, prepare, end);
}
