"""What the guide of retries in Python says there is, is there."""

from __future__ import annotations

import ast
import re
from importlib.util import find_spec
from pathlib import Path

import once_again
from once_again import clients, testing

GUIDE = (Path(__file__).parents[2] / "docs" / "python.md").read_text()


def test_the_guide_lists_every_option_of_a_retry_and_no_other() -> None:
    spec = find_spec("once_again")
    assert spec is not None
    assert spec.origin is not None
    types = ast.parse((Path(spec.origin).parent / "_types.pyi").read_text())
    declared = {
        field.target.id
        for node in types.body
        if isinstance(node, ast.ClassDef) and node.name in ("RetryFields", "RetryOptions")
        for field in node.body
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
    }
    rows = re.findall(r"^\| (`.*?) \|", GUIDE.partition("## All options")[2], re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == declared


def test_every_example_is_python_and_names_what_the_package_has() -> None:
    examples = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    assert len(examples) > 5
    public = {*once_again.__all__, *testing.__all__}
    for example in examples:
        tree = compile(example, "python.md", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST)
        names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
        used = {node.id for node in names} - {node.id for node in names if isinstance(node.ctx, ast.Store)}
        ours = {
            name for name in used if re.match(r"(Retry|DeadLetter|HTTPRetry|MaxRetries)|.*(retry|sleep|_clock)", name)
        }
        assert ours <= public, ours - public


def test_every_example_of_the_clients_guide_imports_what_there_is() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "python-clients.md").read_text()
    imported = []
    for example in re.findall(r"```python\n(.*?)```", guide, re.DOTALL):
        tree = compile(example, "python-clients.md", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST)
        imported += [
            (node.module, name.name)
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            for name in node.names
        ]
    assert {module for module, _ in imported} == {"once_again.clients"}
    assert all(hasattr(clients, name) for _, name in imported)


def test_the_http_guide_lists_every_option_of_the_middlewares_and_no_other() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "python-http.md").read_text()
    spec = find_spec("once_again")
    assert spec is not None
    assert spec.origin is not None
    types = ast.parse((Path(spec.origin).parent / "http" / "_types.pyi").read_text())
    declared = {
        field.target.id
        for node in types.body
        if isinstance(node, ast.ClassDef)
        for field in node.body
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
    }
    rows = re.findall(r"^\| (`.*?) \|", guide.partition("## All options")[2], re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == declared
