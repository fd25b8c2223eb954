# The front door. Thin: Meson builds, tools/check checks; everything here can be typed by hand.

BUILD := build
NODE  := tests/node_modules/.bin/node

.PHONY: all build demo check check-fast check-deep check-fresh bench gen format clean help

all: build

help:
	@echo "make demo          install what is needed, build, and try it in your browser"
	@echo "make demo AUTO=1   the same with a headless browser as the person; fails if anything is amiss"
	@echo "make check         everything that must be green before a change lands"
	@echo "make check-fast    format, walls, and the unit tests: less than a minute"
	@echo "make check-deep    what takes hours: long fuzzing, mutants; before an issue is resolved"
	@echo "make check-fresh   make check and the demo in a bare Debian 12 and 13 (root)"
	@echo "make bench         the figures, each beside a reference of the same run; bench/bench.mjs says what else BENCH=... can ask"
	@echo "make gen           write src/ipc/gen/ from src/ipc/messages.def again"
	@echo "make format        lay out the C files"

build:
	@tools/install-packages build
	@tools/meson-build $(BUILD)

demo:
	@tools/install-packages build demo $(if $(AUTO),browser)
	@tools/meson-build build-demo -Dtests=false
	@tools/install-npm
	@$(NODE) tests/demo/demo.mjs --build build-demo $(if $(AUTO),--auto) $(DEMO)

check:
	@tools/check

check-fast:
	@tools/check fast

check-deep:
	@tools/check deep

check-fresh:
	@tools/check-fresh

bench:
	@tools/install-packages build demo browser test bench
	@tools/meson-build build-bench -Dtests=false -Dbench=true
	@tools/install-npm
	@$(NODE) bench/bench.mjs --build build-bench $(BENCH)

gen:
	@tools/install-packages build
	@tools/meson-build $(BUILD) -- gen

format:
	@tools/check-format --fix

clean:
	rm -rf build build-*
