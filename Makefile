# The front door. Meson and ninja do the building; what each target does is in one script each.
#
#   make run [SITE=dir-or-URL HOST=name]   guard a site: capture, approve, seal, serve (HTTP_PORT, HTTPS_PORT, PROFILE, DETACH, STATE)
#   make stop [STATE=dir]                  end what make run started
#   make check                             all tests; the last line is "N passed, N failed, N skipped"
#   make check-clean                       the same in an empty Debian 12 root
#   make bench, make fuzz, make format, make build, make clean

BUILD ?= build
HTTP_PORT ?= 8080
HTTPS_PORT ?= 8443
STATE ?= $(CURDIR)/.weique
export BUILD HTTP_PORT HTTPS_PORT ORIGIN_PORT STATE SITE HOST PROFILE DETACH

.DEFAULT_GOAL := build
.PHONY: build run stop check check-clean bench fuzz format clean

build:
	@scripts/packages run
	@scripts/build $(BUILD)

run: build
	@scripts/run

stop:
	@scripts/stop

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
