#include "detect/waf/program_priv.h"

bool wq_waf_program_reads_request(const struct wq_waf_program *program)
{
	return program->request_body && program->engine != 0 && program->phases_n[2] > 0;
}

bool wq_waf_is_listed(const struct wq_waf_program *program, wq_str content_type)
{
	wq_str rest = content_type, type = wq_str_trim(wq_str_cut(&rest, ';'));

	for (size_t i = 0; i < program->mime_types_n; i++)
		if (wq_str_eq_nocase(program->mime_types[i], type))
			return true;
	return false;
}

uint64_t wq_waf_program_reads_response(const struct wq_waf_program *program, wq_str content_type)
{
	if (!program->response_body || program->engine == 0 || program->phases_n[4] == 0)
		return 0;
	return !content_type.p || wq_waf_is_listed(program, content_type) ? program->response_body_limit : 0;
}
