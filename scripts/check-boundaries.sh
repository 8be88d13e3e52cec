#!/usr/bin/env bash
# Core decides, bindings convert, drivers do. What the compilers cannot see of that is looked for here, in tracked files.
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p .cache
broken=0
complain() {
  printf 'boundaries: %s\n' "$1" >&2
  sed 's/^/  /' <<<"$2" >&2
  broken=1
}

# refuse WHY PATTERN PATHSPEC...: no line of these files may match (lines that are only a comment do not count).
refuse() {
  local found
  found=$(git grep --untracked -nE "$2" -- "${@:3}" | grep -vE '^[^:]+:[0-9]+:[[:space:]]*(//|/\*|\*|#)' || true)
  [[ -z $found ]] || complain "$1" "$found"
}

# --- Dependencies point down: drivers → bindings → core ---------------------------------------------------------------

# dependencies CRATE: the crates it uses when it runs, one a line.
dependencies() {
  cargo metadata --format-version 1 --no-deps --offline | node -e '
    const { packages } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
    const { dependencies } = packages.find(({ name }) => name === process.argv[1]);
    for (const { name, kind } of dependencies) if (kind === null) console.log(name);' "$1" | sort -u
}

# A crate below core could read a clock or draw at random where no lint of ours looks.
extra=$(comm -13 <(printf '%s\n' hashbrown ryu-js serde sha2) <(dependencies once-again-core))
[[ -z $extra ]] || complain "core depends on hashbrown, ryu-js, serde and sha2 only" "$extra"
# once-again-js is what the two JavaScript bindings have in common.
for binding in once-again-node once-again-wasm once-again-python; do
  extra=$(dependencies "$binding" | grep '^once-again' | grep -vxE 'once-again-(core|js)' || true)
  [[ -z $extra ]] || complain "$binding may depend on no crate of ours but core and once-again-js" "$extra"
done

extra=$(dependencies once-again | grep '^once-again' | grep -vxE 'once-again-(core|derive)' || true)
[[ -z $extra ]] || complain "once-again, the Rust package, may depend on no crate of ours but core and its own macros" "$extra"

refuse "the driver runs in browsers too: it imports its own files only" \
  "(from|import|require\() *[\"'][^.]" 'bindings-js/src/*.ts'
refuse "the web package has no Node below it" "from *[\"']node:" 'bindings-wasm/ts/*.ts'

# --- Clocks and randomness are read in one place per language ---------------------------------------------------------

refuse "core's bans are lifted for one constant of Cargo's only" 'clippy::disallowed' 'core/src/*.rs' ':!core/src/lib.rs'
refuse "a binding reads no clock: the driver hands the time over" \
  '\b(Instant|SystemTime)::now|Date::now|performance_now' 'bindings-*/src/*.rs'
refuse "Rust reads clocks in runtime/src/clock.rs only" \
  '\b(Instant|SystemTime)::now' 'runtime/src/*.rs' ':!runtime/src/clock.rs'
refuse "JavaScript reads clocks in bindings-js/src/clock.ts only" \
  'Date\.now|performance\.now|new Date\(\)|hrtime' 'bindings-*/*.ts' ':!bindings-js/src/clock.ts'
refuse "Python reads clocks in python/once_again/_clock.py only" \
  '\btime\.(monotonic|time|perf_counter)|datetime\.(utc)?now' 'bindings-python/python/*.py' ':!bindings-python/python/once_again/_clock.py'

# --- Decisions live in core -------------------------------------------------------------------------------------------

# Arithmetic on what a policy is made of, or a comparison with it. A change of unit (a thousand, a million) is conversion,
# and whether there is anything to wait for at all (a comparison with 0) is the driver's.
words='(delay|backoff|jitter|threshold|multiplier)[A-Za-z_]*'
thousand='(1_?000|1e3|1_?000_?000|1e6|1_?000\.0|1_?000_?000\.0)'
for operator in '[-+*/%<>]=?' '\*\*'; do
  found=$(git grep --untracked -niE "\b[a-z_.]*$words +$operator +[a-z0-9(]|[a-z0-9)] +$operator +[a-z_.]*\b$words" -- \
    'runtime/src/*.rs' 'bindings-*/src/*.rs' 'bindings-js/src/*.ts' 'bindings-node/ts/*.ts' 'bindings-wasm/ts/*.ts' 'bindings-python/python/*.py' |
    grep -vE '^[^:]+:[0-9]+:[[:space:]]*(//|/\*|\*|#)' | grep -vE "[*/] +$thousand\b|[<>]=? +0\b" || true)
  [[ -z $found ]] || complain "a binding or a driver computes with a policy's numbers: core does that" "$found"
done

# --- Every dependency has a line in CONTRIBUTING.md that says why -----------------------------------------------------

{
  cargo metadata --format-version 1 --no-deps --offline |
    node -p 'JSON.parse(fs.readFileSync(0)).packages.flatMap((p) => p.dependencies).map((d) => d.name).join("\n")'
  git ls-files '*package.json' | xargs -n 1 node -p '
    const { dependencies, devDependencies } = JSON.parse(fs.readFileSync(process.argv[1]));
    Object.keys({ ...dependencies, ...devDependencies }).join("\n")'
  sed -nE 's/^([a-z][a-z0-9_-]*)==.*/\1/p' scripts/requirements-*.txt benches/peers/python/requirements.txt
} | sort -u | while read -r dependency; do
  [[ -z $dependency || $dependency == once-again* ]] || grep -qF "\`$dependency\`" CONTRIBUTING.md || echo "$dependency"
done >.cache/unexplained
[[ ! -s .cache/unexplained ]] || complain "CONTRIBUTING.md does not say why we depend on" "$(cat .cache/unexplained)"

# --- Habits the tools do not know -------------------------------------------------------------------------------------

refuse "unsafe lives in bindings-node/src/mailbox.rs only" \
  'allow\(unsafe_code|expect\(unsafe_code|\bunsafe (\{|fn|impl)' '*.rs' ':!bindings-node/src/mailbox.rs'
refuse "the lock file names no registry" '"resolved": "http' package-lock.json
found=$(git ls-files '*/target/*' '*node_modules/*' '*.wasm' '*.node' '*.so' '*.whl' '*.tgz')
[[ -z $found ]] || complain "what was built is not committed" "$found"
refuse "the wasm is a file of its own, never text" 'data:application/wasm|base64,AGFzbQ' 'bindings-wasm/ts/*.ts' 'scripts/*.mjs'

# Rust files carry their unit tests and may be longer.
while read -r lines file; do
  limit=400
  [[ $file == *.rs ]] && limit=700
  ((lines <= limit)) || complain "a file of code stays under $limit lines" "$file has $lines"
done < <(git ls-files -z '*.rs' '*.ts' '*.mjs' '*.py' '*.sh' ':!bindings-*/types/*' \
  ':!bindings-node/native/*.d.ts' ':!bindings-wasm/wasm/*.d.ts' | xargs -0 wc -l | grep -v ' total$')

exit "$broken"
