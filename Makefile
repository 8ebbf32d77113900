# The front door. Meson and ninja do the building; what each target does is in one script each.
#
#   make run [SITE=dir-or-URL HOST=name]   guard a site: capture, approve, seal, serve (HTTP_PORT, HTTPS_PORT, PROFILE, DETACH, STATE)
#   make stop [STATE=dir]                  end what make run started
#   make check                             all tests; the last line is "N passed, N failed, N skipped"
#   make check-clean                       the same in an empty Debian 12 root
#   make module                            the nginx module only: after an update of nginx; make install-module puts it in place
#   make install [PREFIX=/usr DESTDIR=]    programs, module, rules, documents, units (docs/operating.md)
#   make bench, make fuzz, make format, make build, make clean

BUILD ?= build
HTTP_PORT ?= 8080
HTTPS_PORT ?= 8443
STATE ?= $(CURDIR)/.weique
PREFIX ?= /usr
export BUILD PREFIX DESTDIR HTTP_PORT HTTPS_PORT ORIGIN_PORT STATE SITE HOST PROFILE DETACH

.DEFAULT_GOAL := build
.PHONY: build run stop module install install-module check check-clean bench fuzz format clean

build:
	@scripts/packages run
	@scripts/build $(BUILD)

run: build
	@scripts/run

stop:
	@scripts/stop

# packages keep the times of their files, so that ninja does not see which headers are new
module:
	@scripts/packages run
	@[ -f $(BUILD)/build.ninja ] || scripts/build $(BUILD)
	@rm -rf $(BUILD)/src/gate/nginx/ngx_auto_*.h $(BUILD)/src/gate/nginx/ngx_http_weique_module.so*
	@ninja -C $(BUILD) src/gate/nginx/ngx_http_weique_module.so

install:
	@scripts/packages run
	@[ -f $(BUILD)/build.ninja ] || scripts/build $(BUILD) -Dprefix=$(PREFIX)
	@scripts/install

install-module:
	@scripts/install module

check:
	@scripts/packages check
	@tests/check

check-clean:
	@scripts/check-clean

bench:
	@scripts/packages bench
	@bench/run

fuzz:
	@scripts/packages check
	@tests/fuzz

format:
	@git ls-files '*.c' '*.h' | grep -v '_table\.h$$' | xargs clang-format -i

clean:
	rm -rf $(BUILD) build-*
