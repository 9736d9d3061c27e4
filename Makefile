# Execnet for Swift. `make help` lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup build test soak demo bench lint agent

SWIFT ?= swift
SCRATCH ?= .build
VENV := $(CURDIR)/.build-venv
AGENT_FLAGS := -c release --static-swift-stdlib -Xswiftc -static-executable --product execnet-agent \
	--scratch-path .build-agent

# The interpreter of the tests: it has the module cbor2, against which the encoding is checked, Python's execnet, whose clients the
# socket server serves, and asyncssh, a server of SSH that asks several questions at once.
export EXECNET_TEST_PYTHON := $(VENV)/bin/python

help: ## List the targets
	@grep -E '^[a-z]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

setup: ## Install what is missing (Debian packages, and Python modules in a virtual environment of the tests)
	@command -v $(SWIFT) >/dev/null || { echo "Swift is missing: see https://www.swift.org/install" >&2; exit 1; }
	@missing=""
	python3 -c '' 2>/dev/null || missing+=" python3"
	python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=" python3-venv"
	command -v ps >/dev/null || missing+=" procps"
	command -v git >/dev/null || missing+=" git"
	test -e /usr/include/zlib.h || missing+=" zlib1g-dev"
	command -v strip >/dev/null || missing+=" binutils"
	test -e /usr/include/libssh2.h || missing+=" libssh2-1-dev"
	command -v ssh >/dev/null || missing+=" openssh-client"
	test -x /usr/sbin/sshd || missing+=" openssh-server"
	command -v dropbearkey >/dev/null || missing+=" dropbear-bin"
	compgen -G '/usr/lib/*/libnss_wrapper.so' >/dev/null || missing+=" libnss-wrapper"
	compgen -G '/usr/lib/*/libpam_wrapper.so' >/dev/null || missing+=" libpam-wrapper"
	test -x /bin/busybox || missing+=" busybox-static"
	for shell in fish mksh tcsh yash zsh; do command -v "$$shell" >/dev/null || missing+=" $$shell"; done
	test -s /etc/ssl/certs/ca-certificates.crt || missing+=" ca-certificates"
	if test -n "$$missing"; then
		root=""
		test "$$(id -u)" = 0 || root="sudo"
		echo "Installing$$missing"
		$$root apt-get update -q
		$$root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $$missing
	fi
	if ! "$(EXECNET_TEST_PYTHON)" -c 'import asyncssh, cbor2, execnet' 2>/dev/null; then
		echo "Making $(VENV) with asyncssh, cbor2 and execnet"
		python3 -m venv --clear "$(VENV)"
		"$(EXECNET_TEST_PYTHON)" -m pip install --quiet --disable-pip-version-check asyncssh==2.24.1 cbor2 execnet==2.1.2
	fi

build: setup ## Build everything, with the tests
	$(SWIFT) build --build-tests --scratch-path $(SCRATCH)

test: build agent ## Run all tests: those of the Python agent, then those in Swift
	if compgen -G 'Tests/bootstrap/test_*.py' >/dev/null; then
		"$(EXECNET_TEST_PYTHON)" -m unittest discover -s Tests/bootstrap
	fi
	log=$$(mktemp)
	trap 'rm -f "$$log"' EXIT
	if ! $(SWIFT) test --skip-build --disable-xctest --no-parallel --scratch-path $(SCRATCH) 2>&1 | tee "$$log"; then
		# Again what failed, where it is found: just before the runner's own summary line.
		grep -E '^✘ Test .* recorded an issue' "$$log" | cut -c1-600 || true
		grep -E '^✘ Test run with' "$$log" || true
		exit 1
	fi

soak: build agent ## Run all tests ROUNDS times (default 10), beside programs that keep the processors busy; stops at the first failure
	busy=()
	trap 'kill "$${busy[@]}" 2>/dev/null || true' EXIT
	for _ in $$(seq "$$(nproc)"); do (while :; do :; done) & busy+=($$!); done
	for round in $$(seq $(or $(ROUNDS),10)); do
		echo "Round $$round"
		"$(EXECNET_TEST_PYTHON)" -m unittest discover -s Tests/bootstrap
		$(SWIFT) test --skip-build --disable-xctest --no-parallel --scratch-path $(SCRATCH)
	done

demo: setup ## Count words over gateways on this machine; DIR=folder counts the files of another folder
	$(SWIFT) build -c release --product WordCount --scratch-path $(SCRATCH)
	"$(SCRATCH)/release/WordCount" $(if $(DIR),"$(DIR)")

bench: setup ## Measure every case of the benchmarks (medians of RUNS rounds, default 5)
	cd Benchmarks
	$(SWIFT) build -c release --static-swift-stdlib -Xswiftc -static-executable --scratch-path ../.build-bench
	./medians.py ../.build-bench/release/execnet-bench $(or $(RUNS),5)

lint: ## Check the format of all Swift files
	$(SWIFT) format lint --strict -r Sources Tests Examples Benchmarks/Sources Benchmarks/Package.swift Package.swift

# For another platform build the same on a machine of its kind, or cross with a static Linux SDK:
#   swift sdk install URL; swift build -c release --product execnet-agent --swift-sdk aarch64-swift-linux-musl
# and put the file beside the coordinator's executable (or into a folder named in EXECNET_AGENT_PATH) as execnet-agent-linux-aarch64.
# The copy that is placed here has such a name too, so that a folder can hold the agents of all platforms.
agent: setup ## Build execnet-agent as one static, stripped executable in .build-agent/release, and check its size
	$(SWIFT) build $(AGENT_FLAGS)
	agent=.build-agent/release/execnet-agent
	strip "$$agent"
	"$(EXECNET_TEST_PYTHON)" Tests/bootstrap/check_native_agent.py "$$agent"
	named="$$agent-$$(uname -s | tr A-Z a-z)-$$(uname -m)"
	cp -f "$$agent" "$$named"
	echo "Placed $$named"

.ONESHELL:
