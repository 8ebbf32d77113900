/* PNG and JPEG to brightness. Sole user of libpng and libjpeg; both report faults by a jump, which stays in these functions. */
#include "inspect/fake/image.h"

#include <jpeglib.h>
#include <png.h>
#include <setjmp.h>

static bool fits(uint64_t width, uint64_t height)
{
	return width > 0 && height > 0 && width <= WQ_LIKENESS_SIDE_MAX && height <= WQ_LIKENESS_SIDE_MAX &&
		width * height <= WQ_LIKENESS_PIXELS_MAX;
}

/* The simplified interface: everything becomes one byte of brightness on white. It keeps its own jump. */
static bool png(wq_str bytes, struct wq_buf *out, uint32_t *ret_width, uint32_t *ret_height)
{
	png_image image = {.version = PNG_IMAGE_VERSION};
	const png_color white = {255, 255, 255};
	void *room;

	if (!png_image_begin_read_from_memory(&image, bytes.p, bytes.n))
		return false;
	image.format = PNG_FORMAT_GRAY;
	room = fits(image.width, image.height) ? wq_buf_reserve(out, (size_t)image.width * image.height) : NULL;
	*ret_width = image.width;
	*ret_height = image.height;
	if (!room || !png_image_finish_read(&image, &white, room, 0, NULL)) {
		png_image_free(&image);
		return false;
	}
	wq_buf_commit(out, (size_t)*ret_width * *ret_height);
	return true;
}

struct jpeg {
	struct jpeg_error_mgr errors; /* first: the library hands out its address */
	jmp_buf back;
};

static void jpeg_fault(j_common_ptr info)
{
	longjmp(((struct jpeg *)(void *)info->err)->back, 1);
}

static void jpeg_silent(j_common_ptr info, int level)
{
	if (level < 0) /* damaged: what follows is noise */
		longjmp(((struct jpeg *)(void *)info->err)->back, 1);
}

static bool jpeg_rows(struct jpeg_decompress_struct *info, wq_str bytes, struct wq_buf *out)
{
	jpeg_mem_src(info, (const unsigned char *)bytes.p, bytes.n);
	if (jpeg_read_header(info, TRUE) != JPEG_HEADER_OK || !fits(info->image_width, info->image_height))
		return false;
	info->out_color_space = JCS_GRAYSCALE;
	jpeg_start_decompress(info);
	while (info->output_scanline < info->output_height) {
		JSAMPROW row = wq_buf_reserve(out, info->output_width);
		if (!row || jpeg_read_scanlines(info, &row, 1) != 1)
			return false;
		wq_buf_commit(out, info->output_width);
	}
	return true;
}

static bool jpeg(wq_str bytes, struct wq_buf *out, uint32_t *ret_width, uint32_t *ret_height)
{
	struct jpeg_decompress_struct info;
	struct jpeg mine;
	bool is = false;

	info.err = jpeg_std_error(&mine.errors);
	mine.errors.error_exit = jpeg_fault;
	mine.errors.emit_message = jpeg_silent;
	if (setjmp(mine.back) != 0) {
		jpeg_destroy_decompress(&info);
		return false;
	}
	jpeg_create_decompress(&info);
	is = jpeg_rows(&info, bytes, out);
	*ret_width = info.output_width;
	*ret_height = info.output_height;
	jpeg_destroy_decompress(&info);
	return is && out->len == (size_t)*ret_width * *ret_height;
}

bool wq_fake_image_decode(wq_str bytes, struct wq_buf *out, uint32_t *ret_width, uint32_t *ret_height)
{
	wq_buf_clear(out);
	if (bytes.n > WQ_FAKE_IMAGE_BYTES)
		return false;
	if (wq_str_starts(bytes, WQ_S("\x89PNG\r\n\x1a\n")))
		return png(bytes, out, ret_width, ret_height);
	if (wq_str_starts(bytes, WQ_S("\xff\xd8\xff")))
		return jpeg(bytes, out, ret_width, ret_height);
	return false;
}
