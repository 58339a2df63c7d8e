# The commands of the project. `make run` and `make test` do all set-up on a fresh Debian machine
# with Rust and Node.

.PHONY: run build test demo screens setup pictures prompts long bench clean

run: build
	target/release/hctc serve --demo

build: screens
	cargo build --release --locked -p hctc

setup:
	scripts/setup.sh build

screens: setup console/web/dist/desk.html

console/web/dist/desk.html: console/web/package-lock.json $(shell find console/web/src console/web/*.html console/web/vite.config.ts 2>/dev/null)
	cd console/web && npm ci --no-audit --no-fund --silent && npm run --silent build

test:
	scripts/test.sh

demo: build
	scripts/setup.sh test
	cargo run --release --locked -q -p load-tests --bin demo

prompts:
	ivr-flows/prompts/make.sh

pictures: build
	scripts/pictures.sh

bench:
	scripts/bench.sh

long:
	scripts/test.sh long

clean:
	cargo clean
	rm -rf console/web/dist console/web/node_modules
