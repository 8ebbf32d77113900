"""The checks that hold the hard rules, as functions of a source root: lists of complaints, empty when all is well.

Used by tests/lint/source (on this tree) and tests/lint/selftest (on trees with planted faults).
"""
import re
import subprocess
from pathlib import Path

C_LINES, FUNCTION_LINES, HEADER_LINES = 1000, 100, 300


class Layers:
    """src/LAYERS, parsed."""

    def __init__(self, path):
        self.folders, self.libraries, self.processes = {}, {}, {}
        for number, line in enumerate(path.read_text().splitlines(), 1):
            line = line.split("#")[0].strip()
            if not line:
                continue
            m = re.fullmatch(r"folder\s+(\S+)\s+(\d+):\s*(.*)", line)
            if m:
                self.folders[m[1]] = (int(m[2]), m[3].split())
                continue
            m = re.fullmatch(r"library\s+(\S+)\s*:\s*(.*)", line)
            if m:
                self.libraries[m[1]] = m[2].split()
                continue
            m = re.fullmatch(r"process\s+(\S+)\s*:\s*(.*?)\s*\|\s*(.*)", line)
            if m:
                self.processes[m[1]] = (m[2].split(), m[3].split())
                continue
            raise SystemExit(f"{path}:{number}: not understood: {line}")

    def folder_of(self, relative):
        parts = Path(relative).parent.as_posix()
        while parts not in ("", "."):
            if parts in self.folders:
                return parts
            parts = Path(parts).parent.as_posix()
        return None


def sources(src, *suffixes):
    return sorted(p for p in src.rglob("*") if p.suffix in suffixes and p.is_file())


def layers(root):
    src = root / "src"
    table = Layers(src / "LAYERS")
    bad = []
    for name, (layer, may) in table.folders.items():
        for other in may:
            if other == "*":
                continue
            if other not in table.folders:
                bad.append(f"src/LAYERS: {name} names {other}, which is no folder")
            elif table.folders[other][0] >= layer and not other.startswith(name.split("/")[0] + "/"):
                bad.append(f"src/LAYERS: {name} (layer {layer}) may not include {other} (layer {table.folders[other][0]})")
    used = set()
    for path in sources(src, ".c", ".h", ".cc"):
        relative = path.relative_to(src)
        folder = table.folder_of(relative)
        if not folder:
            bad.append(f"src/{relative}: its folder has no row in src/LAYERS")
            continue
        may = table.folders[folder][1]
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            m = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
            if not m:
                continue
            where = f"src/{relative}:{number}"
            if m[1] == '"' and (src / m[2]).exists():
                other = table.folder_of(m[2])
                if other != folder and other not in may and "*" not in may:
                    bad.append(f"{where}: {folder} may not include {m[2]} (src/LAYERS)")
                elif m[2].endswith("_priv.h") and other != folder:
                    bad.append(f"{where}: {m[2]} is private to {other}")
                continue
            for prefix, allowed in table.libraries.items():
                if m[2].startswith(prefix):
                    used.add(prefix)
                    if folder not in allowed:
                        bad.append(f"{where}: only {', '.join(allowed)} may see <{m[2]}> (src/LAYERS)")
    for prefix, allowed in table.libraries.items():
        for name in allowed:
            if name != "bench" and name not in table.folders:
                bad.append(f"src/LAYERS: library {prefix} names {name}, which is no folder")
        if prefix not in used and "bench" not in allowed:
            bad.append(f"src/LAYERS: library {prefix}: nobody includes it")
    return bad


def linked(build, target):
    """What ninja says a target is made of, and what the linked file says it needs: folders and library names."""
    def lines(*command):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            raise RuntimeError(f"{' '.join(map(str, command))}: {done.stdout.strip()[-300:]}")
        return done.stdout.splitlines()

    folders = set()
    for name in lines("ninja", "-C", str(build), "-t", "inputs", target):
        m = re.fullmatch(r"src/(.+)/libwq_\w+\.a", name) or re.fullmatch(r"src/(.+)/[^/]+\.p/[^/]+\.o", name)
        if m and not re.search(r"\.a\.p/", name):
            folders.add(m[1])
    needed = set()
    for line in lines("readelf", "--dynamic", "--wide", str(build / target)):
        m = re.search(r"\(NEEDED\).*\[(?:lib)?([^]]+?)(?:\.so[.\d]*)?\]", line)
        if m and not m[1].startswith("ld-linux"):
            needed.add(m[1])
    if not folders or "c" not in needed:
        raise RuntimeError(f"{target}: cannot tell what it is made of")
    needed -= {"c", "m"}
    return folders, needed


def processes(root, build):
    """{file: complaints}: each process links only the folders and needs only the libraries that src/LAYERS grants it."""
    result = {}
    for target, (folders, libraries) in Layers(root / "src/LAYERS").processes.items():
        bad = result[target] = []
        try:
            has, needs = linked(build, target)
        except RuntimeError as e:
            bad.append(str(e))
            continue
        bad += [f"links {name}" for name in sorted(has - set(folders))]
        bad += [f"needs lib{name}" for name in sorted(needs - set(libraries))]
    return result


def function_lengths(path, lines):
    """Functions begin with '{' in the first column after a declaration and end with '}' in the first column."""
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            if number - start > FUNCTION_LINES:
                yield f"{path}:{start}: a function of {number - start} lines (limit {FUNCTION_LINES})"
            start = None


def lengths(root):
    bad = []
    for path in sources(root / "src", ".c", ".h", ".cc"):
        lines = path.read_text(errors="replace").splitlines()
        name = path.relative_to(root)
        limit = HEADER_LINES if path.suffix == ".h" else C_LINES
        if len(lines) > limit:
            bad.append(f"{name}: {len(lines)} lines (limit {limit})")
        if path.suffix == ".c":
            bad.extend(function_lengths(name, lines))
    for path in sources(root / "src/bin", ".c"):
        n = len(path.read_text().splitlines())
        if n > 200:
            bad.append(f"{path.relative_to(root)}: {n} lines; a main stays under 200")
    return bad


def contracts(root):
    """A header says at its head what it is for, and every function in it has a comment of its own or stands in the
    group of one that has; an inline function's body is its contract."""
    bad = []
    for path in sources(root / "src", ".h"):
        name = path.relative_to(root)
        text = path.read_text()
        head = re.match(r"/\*(.*?)\*/", text, re.S)
        if not head or len(head[1].strip()) < 60:
            bad.append(f"{name}: begins without saying what it is for")
        guard = "WQ_" + re.sub(r"\W", "_", path.relative_to(root / "src").as_posix()).upper()
        if path.name.endswith("_table.h"):
            continue
        if f"#ifndef {guard}" not in text:
            bad.append(f"{name}: include guard is not {guard}")
        commented = False
        for number, line in enumerate(text.splitlines(), 1):
            stripped = line.strip()
            if not stripped:
                commented = False
            if stripped.endswith("*/") or "/*" in stripped:
                commented = True
            if re.match(r"(extern\s+)?[a-z][\w \*]*\bwq_\w+\(", line) and not stripped.startswith(("typedef", "#", "static")):
                if not commented:
                    bad.append(f"{name}:{number}: a function without a contract: {stripped[:60]}")
                commented = True
    return bad


TOPS = "src|docs|tests|bench|rules|scripts|demo|packaging|api|console"


def documents(root):
    """A path named in a document exists (`src/x/y.c`, `docs/…`, links to files), and so does a document or data file named
    in a source."""
    bad = []
    texts = sorted(root.glob("*.md")) + [p for top in TOPS.split("|") for p in sorted((root / top).rglob("*.md"))]
    for path in texts:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            named = re.findall(rf"(?<![\w/.-])((?:{TOPS})/[\w./-]*\w)", line)
            linked = [t for t in re.findall(r"\]\(([^)#\s]+)[^)]*\)", line) if "://" not in t]
            for name in named:
                if not (root / name).exists() and not list(root.glob(name + ".*")) and not (path.parent / name).exists():
                    bad.append(f"{path.relative_to(root)}:{number}: names {name}, which does not exist")
            for name in linked:
                if not (path.parent / name).exists():
                    bad.append(f"{path.relative_to(root)}:{number}: links to {name}, which does not exist")
    for path in sources(root / "src", ".c", ".h"):
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            for name in re.findall(r"(?<![\w/.-])((?:docs|rules)/[\w./-]+\.(?:md|json|txt|conf))\b", line):
                if not (root / name).exists():
                    bad.append(f"{path.relative_to(root)}:{number}: names {name}, which does not exist")
    return bad


UNFINISHED = re.compile(r"\b(TODO|FIXME)\b")


def sandboxed(root):
    """The browser keeps its sandbox: what takes it away stands nowhere in src/."""
    bad = []
    for path in sources(root / "src", ".c", ".h", ".build"):
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if re.search(r"no-(?:\w+-)*sandbox|disable-(?:\w+-)*sandbox|single-process|disable-web-security|disable-site-isolation", line):
                bad.append(f"{path.relative_to(root)}:{number}: the browser keeps its sandbox")
    return bad


def unfinished(root):
    bad = []
    for path in sources(root / "src", ".c", ".h", ".cc", ".build"):
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if UNFINISHED.search(line):
                bad.append(f"{path.relative_to(root)}:{number}: {line.strip()[:80]}")
    return bad


def formatting(root):
    files = [str(p) for top in ("src", "tests", "bench") for p in sources(root / top, ".c", ".h")
             if not p.name.endswith("_table.h")]
    done = subprocess.run(["clang-format", "--dry-run", "-Werror", "--ferror-limit=3", *files], cwd=root,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return [line for line in done.stdout.splitlines() if ": error:" in line]


ALL = {"layers": layers, "lengths": lengths, "header contracts": contracts, "documents": documents,
       "unfinished": unfinished, "the browser's sandbox": sandboxed, "formatting": formatting}
