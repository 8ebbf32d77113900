#include "text/header.h"

bool wq_header_next(wq_str *rest, wq_str *ret_name, wq_str *ret_value)
{
	while (rest->n > 0) {
		wq_str line = wq_str_cut(rest, '\n');
		ptrdiff_t colon = wq_str_chr(line, ':');

		if (colon <= 0)
			continue;
		*ret_name = wq_str_head(line, (size_t)colon);
		*ret_value = wq_str_trim(wq_str_from(line, (size_t)colon + 1));
		return true;
	}
	return false;
}

wq_str wq_header_find(wq_str headers, wq_str name)
{
	wq_str line_name, value;

	while (wq_header_next(&headers, &line_name, &value))
		if (wq_str_eq_nocase(line_name, name))
			return value;
	return WQ_S_NONE;
}
