// @detectSQLi and @detectXSS beside libinjection (inside Debian's libmodsecurity): detections, false alarms, MB per CPU second.
//
//   WEIQUE_CORPORA=DIR node bench/waf/inject.mjs [--held] [--rows] [--json]
//
// DIR: the sources that bench/waf/inject-sources.txt names. The entries are the part to develop with; --held: the part held out,
// which nobody looks at while developing: it is counted here and never printed. --rows: figures for each source.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url)), bench = join(process.env.BUILD ?? 'build-bench', 'bench');
const OURS = join(bench, 'bench-inject'), PEER = join(bench, 'bench-inject-peer');
const ASKED = { sql: ['attack-sql', 'benign'], html: ['attack-xss', 'benign', 'benign-html'] };
const { values: option } = parseArgs({ options: { held: { type: 'boolean' }, rows: { type: 'boolean' }, json: { type: 'boolean' } } });
const part = option.held ? 'held' : 'dev';

const run = (program, ...args) => execFileSync(program, args, { encoding: 'latin1', maxBuffer: 1 << 28 });
const verdicts = (program, kind, file) => run(program, kind, file).split('\n').slice(0, -1).map((l) => l[0] === '1');
const percent = (n, all) => `${(100 * n / all).toFixed(2)} %`;

function measure(kind, name, dir) {
  const file = join(dir, `${part}-${name}.txt`), rows = readFileSync(file, 'latin1').split('\n').slice(0, -1).map((l) => Number(l.split(' ')[0]));
  const ours = verdicts(OURS, kind, file), peer = verdicts(PEER, kind, file), bySource = new Map();
  rows.forEach((row, i) => {
    const r = bySource.get(row) ?? { row, entries: 0, ours: 0, peer: 0 };
    bySource.set(row, { row, entries: r.entries + 1, ours: r.ours + ours[i], peer: r.peer + peer[i] });
  });
  return { kind, class: name, part, entries: rows.length, ours: ours.filter(Boolean).length, peer: peer.filter(Boolean).length,
    sources: [...bySource.values()] };
}

// Benign entries of a language, one value each. The peer's figure is a difference of transactions;
// where that drowns in their noise it is null.
function speed(kind, dir, language, wanted) {
  const lines = readFileSync(join(dir, 'dev-benign.txt'), 'latin1').split('\n').slice(0, -1).map((l) => l.split(' ')[1])
    .filter((e) => wanted(e.replace(/%(..)/g, (_, h) => String.fromCharCode(parseInt(h, 16)))));
  const bytes = lines.reduce((n, e) => n + e.replace(/%../g, '.').length, 0), file = join(dir, 'speed');
  writeFileSync(file, lines.map((e) => `1 ${e}\n`).join(''));
  const rate = (program) => {
    const nsec = Number(run(program, kind, '--speed', file));
    return nsec > 0 ? Math.round(bytes * 1000 / nsec) : null;
  };
  return { kind, language, values: lines.length, bytes, ours_mb_s: rate(OURS), peer_mb_s: rate(PEER) };
}

const dir = mkdtempSync(join(tmpdir(), 'bench-inject-'));
try {
  run('node', join(here, 'inject-corpus.mjs'), dir);
  const found = Object.entries(ASKED).flatMap(([kind, classes]) => classes.map((c) => measure(kind, c, dir)));
  const isChinese = (e) => /[\x80-\xff]{6}/.test(e), speeds = ['sql', 'html'].flatMap((kind) =>
    [speed(kind, dir, 'Chinese', isChinese), speed(kind, dir, 'English', (e) => !isChinese(e) && e.includes(' '))]);
  if (option.json) {
    console.log(JSON.stringify({ found, speeds }));
  } else {
    for (const f of found) {
      console.log(`${f.kind.padEnd(5)} ${f.class.padEnd(12)} ${part.padEnd(5)} ${String(f.entries).padStart(6)} entries   ours ${percent(f.ours, f.entries)} (${f.ours})   libinjection ${percent(f.peer, f.entries)} (${f.peer})`);
      if (option.rows) for (const s of f.sources) console.log(`        row ${s.row}: ${s.entries} entries, ours ${s.ours}, libinjection ${s.peer}`);
    }
    for (const s of speeds) console.log(`${s.kind.padEnd(5)} ${s.language.padEnd(12)} ${s.values} values, ${s.bytes} bytes   ours ${s.ours_mb_s} MB/s   libinjection ${s.peer_mb_s ? `${s.peer_mb_s} MB/s` : 'drowns in noise'}`);
  }
} finally {
  rmSync(dir, { recursive: true });
}
