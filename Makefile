# Tributary. `make help` lists what there is. Everything is built by CMake into build/, one folder a
# variant; this file only says what runs on what.
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := build
STATE ?= build/up
JOBS ?= $(shell nproc)

launcher := $(if $(shell command -v ccache),-DCMAKE_C_COMPILER_LAUNCHER=ccache)
configure = cmake -S . -B $(1) -G Ninja --log-level=WARNING $(launcher) $(2) >/dev/null
sanitized := -DSANITIZE=address,undefined
sources = $(shell git ls-files '*.c' '*.h')

# Steps build on each other; ninja and ctest use the processors.
.NOTPARALLEL:
.PHONY: build asan tsan fuzz setup setup-tests check test test-long bench demo up down status \
    format clean help

build: ## the release build, in build/
	@$(call configure,build,)
	@cmake --build build --target programs -j $(JOBS)

asan: ## with address and undefined behaviour sanitizers, in build/asan
	@$(call configure,build/asan,$(sanitized))
	@cmake --build build/asan -j $(JOBS)

tsan: ## with the thread sanitizer, in build/tsan
	@$(call configure,build/tsan,-DSANITIZE=thread)
	@cmake --build build/tsan --target threaded -j $(JOBS)

fuzz: ## the fuzzers, with clang, in build/fuzz
	@CC=clang $(call configure,build/fuzz,-DFUZZ=ON $(sanitized))
	@cmake --build build/fuzz -j $(JOBS)

setup: ## installs what is missing to build and run (Debian)
	@deploy/local/setup

setup-tests:
	@deploy/local/setup --tests

check: ## tests without servers: under 2 minutes
	@tests/run check

test: setup-tests ## all tests, on real servers of their own: under 25 minutes
	@tests/run check integration faults tsan fuzz

test-long: setup-tests ## mutations, many rounds of kills, the set-up on a bare Debian
	@tests/run long

bench: setup-tests build ## throughput and latency beside their limits
	@tests/bench/run

demo: setup build ## servers, fleet and input on this machine; DATA=file.csv.gz for a real file
	@deploy/local/demo

up: setup build ## servers and fleet that stay
	@deploy/local/servers start $(STATE)
	@deploy/local/fleet start $(STATE)

down: ## stops what `up` started; its data stay in STATE
	@deploy/local/fleet stop $(STATE)
	@deploy/local/servers stop $(STATE)

status: ## what of it runs
	@deploy/local/servers status $(STATE)
	@deploy/local/fleet status $(STATE)

format: ## clang-format on all sources
	@clang-format -i $(sources)

clean: ## removes build/ and what servers left, after `down`
	@for state in $(STATE) build/demo/state; do \
	    [ ! -e $$state ] || { deploy/local/fleet stop $$state && deploy/local/servers remove $$state; } || exit 1; done
	@rm -rf build

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14
