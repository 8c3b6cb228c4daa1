"""Look packages up in PyPI's database of known weaknesses; fail where one is known, not where it cannot be asked."""

import json
import subprocess
import sys


def main(python: str, constraints: str) -> int:
    """Install pip-audit for an interpreter of its own, and ask it about what a file pins."""
    install = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "pip-audit"]
    if subprocess.run(install, capture_output=True).returncode:
        print("Not audited: pip-audit cannot be installed here.")
        return 0
    options = ["--format=json", "--progress-spinner=off", "--no-deps", "--disable-pip", "--requirement", constraints]
    done = subprocess.run([python, "-m", "pip_audit", *options], capture_output=True, text=True)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        print(f"Not audited: the database cannot be reached.\n{done.stderr[-300:]}")
        return 0
    unknown = [each["name"] for each in packages if "skip_reason" in each]
    found = [(each, weakness) for each in packages for weakness in each.get("vulns", ())]
    for each, weakness in found:
        fixed = ", ".join(weakness["fix_versions"]) or "no version"
        print(f"{each['name']} {each['version']}: {weakness['id']}, mended in {fixed}")
    if len(unknown) == len(packages):
        print("Not audited: the database that can be reached knows none of the packages.")
        return 0
    print(f"{len(packages) - len(unknown)} packages, {len(found)} known weaknesses; not in the database: {unknown}")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
