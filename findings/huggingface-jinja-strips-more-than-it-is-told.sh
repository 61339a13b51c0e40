#!/usr/bin/env bash
# @huggingface/jinja 0.5.11 renders models' chat templates in JavaScript (transformers.js and node-llama-cpp's Jinja wrapper use
# it); the templates are written for Jinja2. `strip`, `lstrip` and `rstrip` pass over what they are told to take off, and take off
# all white space. Templates of reasoning models cut the line breaks from around an earlier answer so (`content.lstrip('\n')`, as
# Qwen3's does): an answer that begins with an indented line of code is shown to the model without the indentation, and the prompt
# is not the one that the model was trained on. Besides, `capitalize` leaves the rest of a word as it is, `==` holds for "1" and 1
# and not for two empty lists, and `%` has the sign of its left side.
#
# Way round: try the model's template in both, with such values, before you trust the prompt; render it elsewhere where they differ.
#
# Output seen:
#   content.lstrip('\n'): "    return 1" in Jinja2, "return 1" here
#   content.split('</think>')[-1].strip('\n'): "  a b" in Jinja2, "a b" here
#   role.capitalize(): "User" in Jinja2, "USER" here
#   tools == []: "True" in Jinja2, "false" here
#   '1' == 1: "False" in Jinja2, "true" here
#   -1 % 3: "2" in Jinja2, "-1" here
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @huggingface/jinja@0.5.11
python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --target py jinja2==3.1.6
cat > cases.json <<'JSON'
[
  ["content.lstrip('\\n')", { "content": "\n\n    return 1" }],
  ["content.split('</think>')[-1].strip('\\n')", { "content": "<think>\nso\n</think>\n\n  a b\n" }],
  ["role.capitalize()", { "role": "USER" }],
  ["tools == []", { "tools": [] }],
  ["'1' == 1", {}],
  ["-1 % 3", {}]
]
JSON
cat > jinja2.render.py <<'PY'
import json
from jinja2.sandbox import ImmutableSandboxedEnvironment

environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
cases = json.load(open("cases.json"))
print(json.dumps([environment.from_string("{{ " + text + " }}").render(**values) for text, values in cases]))
PY
PYTHONPATH=py python3 jinja2.render.py > jinja2.json
cat > probe.mjs <<'JS'
import { readFileSync } from "node:fs";
import { Template } from "@huggingface/jinja";
const [cases, theirs] = ["cases", "jinja2"].map((name) => JSON.parse(readFileSync(`${name}.json`, "utf8")));
for (const [at, [text, values]] of cases.entries()) {
  const here = new Template(`{{ ${text} }}`).render(values);
  console.log(`${text}: ${JSON.stringify(theirs[at])} in Jinja2, ${JSON.stringify(here)} here`);
}
JS
node probe.mjs | tee seen
diff - seen <<'SEEN'
content.lstrip('\n'): "    return 1" in Jinja2, "return 1" here
content.split('</think>')[-1].strip('\n'): "  a b" in Jinja2, "a b" here
role.capitalize(): "User" in Jinja2, "USER" here
tools == []: "True" in Jinja2, "false" here
'1' == 1: "False" in Jinja2, "true" here
-1 % 3: "2" in Jinja2, "-1" here
SEEN
echo "as it was"
