/* The style of the pages that the gate itself shows: one element, whose hash stands in their headers (leave_page_test.c computes it
 * again). Contrast of text at least 7:1, marks of focus, one column on a telephone. */
#ifndef WQ_POLICY_PAGE_STYLE_H
#define WQ_POLICY_PAGE_STYLE_H

#define WQ_PAGE_STYLE \
	":root{font-size:112.5%}" \
	"*{box-sizing:border-box}" \
	"body{margin:0;min-height:100vh;display:flex;flex-direction:column;background:#f2f4f7;color:#1a1a1a;line-height:1.7;" \
	"font-family:\"PingFang SC\",\"Microsoft YaHei\",\"Noto Sans CJK SC\",\"Source Han Sans SC\"," \
	"\"WenQuanYi Micro Hei\",sans-serif}" \
	"header{background:#123f74;color:#fff;border-bottom:.25rem solid #b3271e}" \
	"header p,main{width:100%;max-width:46rem;margin:0 auto;padding-left:1.25rem;padding-right:1.25rem}" \
	"header p{padding-top:1rem;padding-bottom:1rem;font-size:1.35rem;font-weight:600;letter-spacing:.06em}" \
	"main{flex:1;padding-top:2.5rem;padding-bottom:2.5rem}" \
	"article{background:#fff;border:1px solid #c9d1db;border-radius:.4rem;padding:2rem}" \
	"h1{margin:0 0 1.25rem;font-size:1.6rem;line-height:1.5;font-weight:600}" \
	"dl{margin:0 0 1.5rem;padding:1rem 1.25rem;background:#f2f4f7;border-left:.3rem solid #123f74}" \
	"dt{font-size:.9rem;color:#4a5563}" \
	"dd{margin:0 0 .6rem;overflow-wrap:anywhere}" \
	"dd:last-child{margin-bottom:0}" \
	".host{font-size:1.3rem;font-weight:600}" \
	"nav{display:flex;flex-wrap:wrap;gap:1rem;margin:1.75rem 0 0}" \
	"nav a{flex:1 1 12rem;min-height:3.2rem;padding:.7rem 1.5rem;border:2px solid #123f74;border-radius:.3rem;" \
	"font-size:1.2rem;text-align:center;text-decoration:none;color:#123f74;background:#fff}" \
	"nav .go{color:#fff;background:#123f74}" \
	"nav a:hover{text-decoration:underline}" \
	"nav a:focus-visible{outline:.2rem solid #b3271e;outline-offset:.2rem}" \
	"section{margin-top:2rem;padding-top:1.25rem;border-top:1px solid #c9d1db;color:#333d4a;font-size:1rem}" \
	"h2{margin:0 0 .4rem;font-size:1.1rem}" \
	"section p,article>p{margin:0}" \
	"@media (max-width:30rem){article{padding:1.25rem}h1{font-size:1.4rem}main{padding-top:1.25rem}}" \
	"button{min-height:3.2rem;padding:.7rem 2rem;border:0;border-radius:.3rem;font:inherit;font-size:1.2rem;color:#fff;" \
	"background:#123f74}" \
	"button:focus-visible{outline:.2rem solid #b3271e;outline-offset:.2rem}" \
	"article.rule p{margin:0 0 1rem}"

#define WQ_PAGE_STYLE_HASH "sha256-CFtS04o32OMS+DbqBeEh11Eig5apmvVaYV1lR616VEg="

#endif
