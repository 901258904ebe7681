# Everything a newcomer, a tester or the CI needs. `make run` and `make test` install what is missing.

CARGO ?= cargo
RELEASE := target/release/minsheng

.PHONY: run test bench package build console deps test-deps clean

run: deps build ## a whole county on loopback: console http://127.0.0.1:8345, SIP 127.0.0.1:5060
	@model=$$(scripts/fetch-model); $${model:+env MINSHENG_SPEECH_MODEL="$$model"} $(RELEASE) demo

build: console
	$(CARGO) build --release

console:
	scripts/build-console

deps:
	scripts/install-deps run

test-deps:
	scripts/install-deps test

test: test-deps ## every check that CI runs; the last line is `N passed, N failed`
	scripts/test

bench: test-deps build ## prints a table, writes target/bench/*.json
	scripts/bench

package: deps build ## builds target/debian/minsheng_VERSION_amd64.deb
	scripts/package

clean:
	$(CARGO) clean
	rm -rf console/dist console/node_modules tests/browser/node_modules
