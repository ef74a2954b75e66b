# The front door. Everything below is a thin call into scripts/ or Meson.
BUILD ?= build
DATA  ?=

.PHONY: all deps up down test soak bench fuzz format check install clean

all:
	@scripts/build $(BUILD)

deps:
	@scripts/deps

up:
	@scripts/up $(BUILD)

down:
	@scripts/down

test:
	@scripts/test

soak:
	@scripts/test --soak

bench:
	@scripts/bench build-release

fuzz:
	@scripts/fuzz 60

format:
	@scripts/format

check:
	@scripts/check

install: all
	meson install -C $(BUILD)

clean:
	rm -rf $(BUILD) build-*
