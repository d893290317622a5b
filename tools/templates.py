"""The template lint: every page compiles, names only files that exist, and keeps to the content security policy."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, TemplateSyntaxError, meta

ROOT = Path(__file__).resolve().parent.parent
STATIC = re.compile(r"""(?:["'(]/static/|\bstatic\(\s*["'])([\w@./-]+\.\w+)""")
# The policy allows no inline code and no inline style; a page that has some is broken in the browser, silently.
FORBIDDEN = {
    re.compile(r"<script(?![^>]*\b(?:src|type=\"application/json\"))", re.IGNORECASE): "an inline script",
    re.compile(r"<style\b", re.IGNORECASE): "an inline style sheet",
    re.compile(r"\sstyle\s*=", re.IGNORECASE): "a style attribute",
    re.compile(r"\s(?:on[a-z]+|hx-on[\w:-]*)\s*=", re.IGNORECASE): "an inline handler",
    re.compile(r"javascript:|\bjs:", re.IGNORECASE): "code in an attribute",
}


def main() -> int:
    folder = ROOT / "appliance/web/templates"
    pages = Environment(loader=FileSystemLoader(folder), extensions=["jinja2.ext.i18n"], autoescape=True)
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.html"))
    faults = [f"{name}:{fault}" for name in names for fault in faults_of(pages, name, (folder / name).read_text())]
    for fault in faults:
        sys.stdout.write(f"appliance/web/templates/{fault}\n")
    sys.stdout.write(f"templates: {len(names)} pages, {len(faults)} faults\n")
    return 1 if faults else 0


def faults_of(pages: Environment, name: str, source: str) -> Iterator[str]:
    """What is wrong with one template, each as "line: what"."""
    try:
        tree = pages.parse(source, name)
    except TemplateSyntaxError as error:
        yield f"{error.lineno}: {error.message}"
        return
    for other in meta.find_referenced_templates(tree):
        if other is not None and other not in pages.list_templates():
            yield f"1: there is no template {other}"
    for number, line in enumerate(source.splitlines(), 1):
        yield from (f"{number}: {fault}" for fault in faults_in(line))


def faults_in(line: str) -> Iterator[str]:
    """What is wrong in one line: files that do not exist, and what the policy forbids."""
    for path in STATIC.findall(line):
        if not (ROOT / "appliance/web/static" / path).is_file():
            yield f"there is no static file {path}"
    for pattern, name in FORBIDDEN.items():
        if pattern.search(line):
            yield f"{name}, which the content security policy forbids"


if __name__ == "__main__":
    sys.exit(main())
