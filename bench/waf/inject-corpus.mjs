// Writes the entries that @detectSQLi and @detectXSS are measured with: bench/waf/inject-sources.txt says where they come from,
// what is left out and what is held out. Usage: WEIQUE_CORPORA=DIR bench/waf/inject-corpus.mjs OUTDIR
// Output: OUTDIR/{dev,held}-CLASS.txt, one entry a line: the source's row number, a blank, the entry percent-encoded.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const HELD_BELOW = 77, LONGEST = 8192, SHORTEST = 4, PARAGRAPH = 1000, A_ROW = 4000;
const here = dirname(fileURLToPath(import.meta.url));
const corpora = process.env.WEIQUE_CORPORA, out = process.argv[2];
if (!corpora || !out) {
  console.error('usage: WEIQUE_CORPORA=DIR inject-corpus.mjs OUTDIR');
  process.exit(2);
}
const sha256 = (bytes) => createHash('sha256').update(bytes).digest();
const latin1 = (text) => Buffer.from(text, 'latin1');
// Entries are strings of bytes (latin1) from here on: attack lists are not always UTF-8.
const bytesOf = (text) => Buffer.from(text, 'utf8').toString('latin1');
const linesOf = (text) => text.split('\n').map((l) => l.replace(/\r$/, '')).filter((l) => l !== '' && !l.startsWith('#'));
const trimmed = (text) => text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ''); // not trim(): 0xA0 is half a character
const percentDecoded = (l) => l.replace(/\+/g, ' ').replace(/%([0-9a-fA-F]{2})/g, (_, h) => String.fromCharCode(parseInt(h, 16)));

// ---- readers: bytes of a file in, entries out ----

const SQLMAP = [[/\[RANDNUM\d?\]/g, '4821'], [/\[RANDSTR\d?\]/g, 'qzkx'], [/\[DELIMITER_START\]/g, 'qvbzq'], [/\[DELIMITER_STOP\]/g, 'qkxzq'],
  [/\[SLEEPTIME\]/g, '5'], [/\[INFERENCE\]/g, '4821=4821'], [/\[ORIGVALUE\]/g, '1'], [/\[GENERIC_SQL_COMMENT\]/g, '-- qzkx'],
  [/\[SPACE_REPLACE\]/g, ' '], [/\[HASH_REPLACE\]/g, '#'], [/\[QUERY\]/g, 'SELECT 1'], [/\[COLLATION\]/g, '']];
const BEHIND = [['1', ''], ["1'", " AND 'qz'='qz"], ["1')", " AND ('qz'='qz"], ['1"', ' AND "qz"="qz']];
const entities = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'", nbsp: ' ' };
const unescaped = (t) => t.replace(/&(?:#(\d+)|#x([0-9a-f]+)|([a-z]+));/gi, (whole, d, h, name) =>
  d || h ? String.fromCodePoint(parseInt(d || h, d ? 10 : 16)) : entities[name.toLowerCase()] ?? whole);

function sqlmap(text) {
  return [...text.matchAll(/<payload>([^<]+)<\/payload>\s*(?:<comment>([^<]*)<\/comment>)?/g)].map((m, i) => {
    let payload = unescaped(m[1]), comment = unescaped(m[2] ?? '');
    for (const [from, to] of SQLMAP) [payload, comment] = [payload.replace(from, to), comment.replace(from, to)];
    const [before, after] = BEHIND[i % BEHIND.length];
    return before + (payload.startsWith(';') ? '' : ' ') + payload + (comment || after);
  });
}

function csv(text, label) {
  return text.split('\n').map((l) => l.match(/^"((?:[^"]|"")*)",\d+,"\w+","(\w[\w-]*)"|^"?((?:[^"]|"")*?)"?,\s*"?\d+"?,\s*"?([\w-]+)"?,\s*"?\w+"?\r?$/))
    .filter((m) => m && (m[4] ?? m[2]) === label).map((m) => (m[1] ?? m[3]).replace(/""/g, '"'));
}

function json(text, key) {
  const found = [];
  const walk = (value, name) => {
    if (typeof value === 'string') (name === key || key === '*') && found.push(bytesOf(value));
    else if (Array.isArray(value)) value.forEach((v) => walk(v, name));
    else if (value) Object.entries(value).forEach(([n, v]) => walk(v, n));
  };
  walk(JSON.parse(latin1(text).toString('utf8')));
  return found;
}

// Cuts between characters of UTF-8.
function cut(paragraph) {
  const all = [...latin1(paragraph).toString('utf8')], parts = [];
  for (let i = 0; i < all.length; i += PARAGRAPH) parts.push(bytesOf(all.slice(i, i + PARAGRAPH).join('')));
  return parts;
}
const paragraphs = (text) => text.split(/\n[ \t\r]*\n/).map(trimmed);
const prose = (text) => paragraphs(text.replace(/^```[\s\S]*?^```/gm, '')).filter((p) => !/^(\t| {4})/m.test(p) && !p.startsWith('```'));
const roff = (text) => text.split(/^[.'].*$/m).map((p) => p.replace(/\\f[A-Z]|\\f\(..|\\&/g, '').replace(/\\-/g, '-')).map(trimmed).filter((p) => !p.includes('\\'));
const htmlRaw = (text) => [...text.replace(/<(pre|script|style)\b[\s\S]*?<\/\1>/gi, '').matchAll(/<p\b[^>]*>[\s\S]*?<\/p>/gi)].map((m) => m[0]);
const htmlText = (text) => htmlRaw(text).map((p) => bytesOf(unescaped(latin1(p.replace(/<[^>]*>/g, '')).toString('utf8'))).replace(/[ \t\r\n]+/g, ' ')).map(trimmed);

const READERS = {
  lines: linesOf,
  'lines-url': (text) => linesOf(text).map(percentDecoded),
  after: (text, mark) => linesOf(text).map((l) => l.split(mark.replace(/_/g, ' ')).slice(1).join(mark)),
  sqlmap, csv, json, prose, roff,
  yaml: (text) => linesOf(text).map((l) => l.match(/^\s+- (.*)$/)?.[1]).filter(Boolean).map((l) => l.replace(/^'(.*)'$|^"(.*)"$/, '$1$2')),
  fortune: (text) => text.split(/^%$/m).map((p) => p.replace(/\x1b\[[0-9;]*m/g, '')).map(trimmed),
  'html-text': htmlText,
  'html-raw': htmlRaw,
  possessive: (text) => linesOf(text).filter((w) => w.includes("'")).map((w) => `Where is ${w} house, and who asked?`),
};

// ---- what is left out ----

const SQL_WORDS = 'select union or and not like in is null between order group by having limit insert update delete drop create alter exec declare waitfor sleep benchmark case when then from where as into set values xor div regexp procedure shutdown';
const SQL_MARKS = [/['"`]/, /--|#|\/\*/, /;/, /[()]/, /[=<>|&!~^*]/, ...SQL_WORDS.split(' ').map((w) => new RegExp(`\\b${w}\\b`, 'i'))];
const XSS_ANY = [/<[\s\S]*(?:script|on\w+\s*=|vbscript|data:|style|src|href|iframe|object|embed|svg|math|link|meta|base|form|xml|template|import|expression|doctype|entity)/i,
  /(?:javascript|vbscript|data)\s*:/i, /on[a-z]+\s*=/i, /['"`][\s\S]*[(`]/];
const KEEPS = {
  'attack-sql': (e) => /[a-z0-9]/i.test(e) && SQL_MARKS.filter((m) => m.test(e)).length >= 2,
  'attack-xss': (e) => XSS_ANY.some((m) => m.test(e)),
  benign: (e) => /[a-z\x80-\xff]/i.test(e),
  'benign-html': (e) => !/\son\w+\s*=|<script|style\s*=|javascript:/i.test(e),
};

// ---- files ----

const walk = (dir) => readdirSync(dir, { withFileTypes: true }).flatMap((d) => d.isDirectory() ? walk(join(dir, d.name)) : d.isFile() ? [join(dir, d.name)] : []);

function debianTexts(file, pattern) {
  const dir = mkdtempSync(join(tmpdir(), 'inject-corpus-'));
  try {
    execFileSync('dpkg-deb', ['-x', file, dir]);
    return walk(dir).filter((f) => new RegExp(pattern).test(f)).sort().map((f) => (f.endsWith('.gz') ? gunzipSync(readFileSync(f)) : readFileSync(f)).toString('latin1'));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function textsOf(source, path, digest) {
  const [, kind, name, version] = source.match(/^(github|debian):([^@=]+)[@=](.+)$/);
  const file = kind === 'github' ? join(corpora, name.replace('/', '+'), path) : join(corpora, 'debian', `${name}_${version}_all.deb`);
  if (!statSync(file, { throwIfNoEntry: false })) throw new Error(`missing: ${file}`);
  if (sha256(readFileSync(file)).toString('hex') !== digest) throw new Error(`${file}: not the file that was measured with`);
  return kind === 'github' ? [readFileSync(file).toString('latin1')] : debianTexts(file, path);
}

const toGb18030 = (entries) => execFileSync('iconv', ['-c', '-f', 'UTF-8', '-t', 'GB18030'],
  { input: latin1(entries.join('\x01')), maxBuffer: 1 << 28 }).toString('latin1').split('\x01');

function entriesOf(row) {
  const [reader, flag] = row.reader.split('+'), [name, argument] = reader.split(':');
  let entries = textsOf(row.source, row.path, row.digest).flatMap((text) => READERS[name](text, argument));
  if (row.class.startsWith('benign')) entries = entries.flatMap(cut);
  if (flag === 'gb18030') entries = toGb18030(entries);
  const kept = new Map();
  for (const e of entries)
    if (e.length >= SHORTEST && e.length <= LONGEST && KEEPS[row.class](e)) kept.set(e, sha256(latin1(e)));
  const list = [...kept].map(([e, hash]) => ({ e, hash, order: hash.subarray(16).toString('hex') }));
  return row.class.startsWith('benign') ? list.sort((a, b) => (a.order < b.order ? -1 : 1)).slice(0, A_ROW) : list;
}

// ---- main ----

const rows = readFileSync(join(here, 'inject-sources.txt'), 'utf8').split('\n').filter((l) => l && !l.startsWith('#')).map((l) => {
  const [, cls, reader, digest, source, path] = l.match(/^(\S+)  (\S+)  ([0-9a-f]{64})  (\S+)  (.+)$/);
  return { class: cls, reader, digest, source, path };
});
const classes = Object.fromEntries(Object.keys(KEEPS).map((c) => [c, new Map()]));
rows.forEach((row, i) => entriesOf(row).forEach(({ e, hash }) => classes[row.class].has(e) || classes[row.class].set(e, { row: i + 1, hash })));
const both = (e) => ['attack-sql', 'attack-xss'].some((c) => classes[c].has(e)) && ['benign', 'benign-html'].some((c) => classes[c].has(e));
const shared = new Set(Object.values(classes).flatMap((m) => [...m.keys()]).filter(both));
mkdirSync(out, { recursive: true });
for (const [cls, entries] of Object.entries(classes)) {
  const parts = { dev: [], held: [] };
  for (const [e, { row, hash }] of entries)
    if (!shared.has(e)) parts[hash[0] < HELD_BELOW ? 'held' : 'dev'].push(`${row} ${e.replace(/[^A-Za-z0-9]/g, (c) => '%' + c.charCodeAt(0).toString(16).padStart(2, '0'))}`);
  for (const [part, list] of Object.entries(parts)) writeFileSync(join(out, `${part}-${cls}.txt`), list.map((l) => l + '\n').join(''));
  console.log(`${cls}: ${parts.dev.length} to develop with, ${parts.held.length} held out`);
}
