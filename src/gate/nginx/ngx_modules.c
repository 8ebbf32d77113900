/* What nginx looks for in a dynamic module. */
#include <ngx_config.h>
#include <ngx_core.h>

#define EXPORTED __attribute__((visibility("default")))

extern ngx_module_t ngx_http_weique_module;

EXPORTED ngx_module_t *ngx_modules[];
EXPORTED char *ngx_module_names[];
EXPORTED char *ngx_module_order[];

ngx_module_t *ngx_modules[] = {&ngx_http_weique_module, NULL};
char *ngx_module_names[] = {(char[]){"ngx_http_weique_module"}, NULL};
/* In nginx's list before the copy filter, so that our filters run after it: what it read from files is in memory then. */
char *ngx_module_order[] = {(char[]){"ngx_http_weique_module"}, (char[]){"ngx_http_copy_filter_module"}, NULL};
