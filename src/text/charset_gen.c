/* Writes the tables of charset.c when the project is built, from the C library's converters: what each sequence of
 * GB18030 (two bytes; four bytes within the BMP) and Big5-HKSCS stands for. A number over 0x80000000 is two characters,
 * 15 and 16 bits. 0: nothing. */
#include <iconv.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { GB_ROWS = 126, GB_CELLS = 190, BIG5_CELLS = 157, GB4_COUNT = 39420 };

static iconv_t open_or_exit(const char *name)
{
	iconv_t cd = iconv_open("UTF-32LE", name);

	if (cd == (iconv_t)-1) {
		fprintf(stderr, "the C library has no converter for %s\n", name);
		exit(1);
	}
	return cd;
}

static uint32_t decode(iconv_t cd, const unsigned char *bytes, size_t n)
{
	uint32_t out[4] = {0};
	char copy[4], *in = copy, *to = (char *)out;
	size_t in_n = n, to_n = sizeof(out), count;

	for (size_t i = 0; i < n; i++)
		copy[i] = (char)bytes[i];
	iconv(cd, NULL, NULL, NULL, NULL);
	if (iconv(cd, &in, &in_n, &to, &to_n) == (size_t)-1 || in_n != 0)
		return 0;
	iconv(cd, NULL, NULL, &to, &to_n); /* a character may be held back to be combined */
	count = (sizeof(out) - to_n) / 4;
	if (count == 2)
		return 0x80000000u | out[0] << 16 | out[1];
	return count == 1 ? out[0] : 0;
}

static void print(FILE *f, size_t i, uint32_t value)
{
	fprintf(f, "%s0x%x,", i % 16 == 0 ? "\n\t" : " ", value);
}

static void two_bytes(FILE *f, const char *name, const char *charset, unsigned cells)
{
	iconv_t cd = open_or_exit(charset);

	fprintf(f, "const uint32_t %s[] = {", name);
	for (unsigned row = 0; row < GB_ROWS; row++)
		for (unsigned cell = 0; cell < cells; cell++) {
			unsigned trail = cell + 0x40;
			unsigned char bytes[2];

			if (cells == GB_CELLS && trail >= 0x7f)
				trail++;
			if (cells == BIG5_CELLS && trail >= 0x7f)
				trail += 0xa1 - 0x7f;
			bytes[0] = (unsigned char)(row + 0x81);
			bytes[1] = (unsigned char)trail;
			/* browsers take the unassigned A3A0 for a space (Encoding Standard, index gb18030) */
			if (cells == GB_CELLS && bytes[0] == 0xa3 && bytes[1] == 0xa0)
				print(f, row * cells + cell, 0x3000);
			else
				print(f, row * cells + cell, decode(cd, bytes, 2));
		}
	fprintf(f, "\n};\n\n");
	iconv_close(cd);
}

static void four_bytes(FILE *f)
{
	iconv_t cd = open_or_exit("GB18030");
	uint32_t last = 0;

	fprintf(f, "const uint16_t wq_charset_gb4[] = {");
	for (unsigned i = 0; i < GB4_COUNT; i++) {
		unsigned char bytes[4] = {(unsigned char)(0x81 + i / 12600), (unsigned char)(0x30 + i / 1260 % 10),
			(unsigned char)(0x81 + i / 10 % 126), (unsigned char)(0x30 + i % 10)};

		uint32_t value = decode(cd, bytes, 4);

		/* the converter leaves out what two bytes stand for as well; browsers go on counting */
		if (value == 0)
			value = last + 1;
		print(f, i, value & 0xffff);
		last = value;
	}
	fprintf(f, "\n};\n");
	iconv_close(cd);
}

int main(int argc, char **argv)
{
	FILE *f = argc == 2 ? fopen(argv[1], "w") : NULL;

	if (!f)
		return 1;
	fprintf(f, "/* Written by charset_gen. */\n#include \"text/charset_priv.h\"\n\n");
	two_bytes(f, "wq_charset_gb2", "GB18030", GB_CELLS);
	two_bytes(f, "wq_charset_big5", "BIG5-HKSCS", BIG5_CELLS);
	four_bytes(f);
	return fclose(f) == 0 ? 0 : 1;
}
