/* Inside multipart/form-data (RFC 7578): one part's head, and the boundary. Only for detect/body. */
#ifndef WQ_DETECT_BODY_MULTIPART_PRIV_H
#define WQ_DETECT_BODY_MULTIPART_PRIV_H

#include "detect/body/body_priv.h"

enum { MULTIPART_HEADERS_MAX = 32, MULTIPART_BOUNDARY_MAX = 256 };

struct multipart_part {
	wq_str headers[MULTIPART_HEADERS_MAX]; /* unfolded, without line ends */
	unsigned headers_n;
	size_t headers_bytes;
	struct wq_hold fold; /* the header of number `folded`, which folded lines make longer */
	unsigned folded;
	uint64_t oddities; /* of this head */
	bool named, filed;
	wq_str name, filename;
	wq_str other_name,
		other_filename; /* p NULL: none; what a server may take instead: given twice, or by name*, filename* */
	enum wq_charset charset;
	bool field; /* its content is told as an argument */
	bool file;  /* it is told as a file */
};

/* "--" and the boundary that the Content-Type names, in the arena. False: it failed. */
bool multipart_boundary(struct wq_body *body, wq_str content_type, wq_str *ret_delimiter);
/* One line of the head, its end taken off, not empty; it stays. False: it failed. */
bool multipart_head_line(struct wq_body *body, struct multipart_part *part, wq_str line);
/* After the last line: reads what was collected. False: it failed. */
bool multipart_head_end(struct wq_body *body, struct multipart_part *part);

#endif
