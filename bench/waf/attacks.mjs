// Requests that cost a rule engine most, for bench/waf/siege.mjs and tests: {name, method, headers, body}. None is larger than what a gate
// takes by default (128 KiB of body, 8 KiB of headers).
import { gzipSync } from 'node:zlib'

const KIB = 1024
const json = { 'Content-Type': 'application/json' }, form = { 'Content-Type': 'application/x-www-form-urlencoded' }
const list = (n, f) => Array.from({ length: n }, (_, i) => f(i))
const filled = (bytes, unit) => unit.repeat(Math.ceil(bytes / unit.length)).slice(0, bytes)
const post = (headers, body) => ({ method: 'POST', headers, body: Buffer.from(body) })
const part = (boundary, name, content, more = '') => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${content}\r\n`

// Words that rules look for, in texts that are no attack; and one attack of each kind.
const words = 'select from where union order insert update exec eval system alert script onload http passwd etc bin sh cmd cat curl wget nc base64 php java ' +
	'class runtime import require function return var const document window location cookie'
const payloads = ["1' or '1'='1", '<script>alert(1)</script>', ';cat /etc/passwd', '../../../etc/passwd', '${jndi:ldap://x/a}', '<?php system($_GET[1]);?>',
	'{{7*7}}', '() { :; }; echo x', 'javascript:alert(1)', "'; exec xp_cmdshell('dir')--"]
const boundary = 'AaB03x'

export const attacks = {
	'json-integers': () => post(json, JSON.stringify(list(990, i => 1000000000 + i * 7919))),
	'json-strings': () => post(json, JSON.stringify(list(990, i => `value ${i * 7919} of the list`))),
	'json-words': () => post(json, JSON.stringify(list(990, i => `${words.split(' ').slice(i % 20, i % 20 + 12).join(' ')} ${i}`))),
	'json-attacks': () => post(json, JSON.stringify(list(990, i => `${payloads[i % payloads.length]} ${i}`))),
	'json-keys': () => post(json, JSON.stringify(Object.fromEntries(list(990, i => [`%${i}&a\\b+c<d>'"(${i})`, `%u00${i % 90 + 10}&lt;\\x41+${i}`])))),
	'form-arguments': () => post(form, list(990, i => `k${i}%25%26=%2525%26lt%3B%5Cx41%2B${i}`).join('&')),
	'form-long': () => post(form, `a=${filled(127 * KIB, `${words} `).replaceAll(' ', '+')}`),
	'form-quotes': () => post(form, `a=${filled(127 * KIB, '\'"`;|(')}`),
	'form-shell': () => post(form, `a=${filled(127 * KIB, ';$IFS\'\'"" ').replaceAll(' ', '+')}`),
	'form-tags': () => post(form, `a=${filled(127 * KIB, '<a b=c d=\'e\' on ')}`.replaceAll(' ', '+')),
	'form-sql': () => post(form, list(20, i => `a${i}=${filled(6 * KIB, '1 or /*x*/ (a) - "b" = ')}`.replaceAll(' ', '+')).join('&')),
	'form-escapes': () => post(form, `a=${filled(126 * KIB, '%u0041%25%32%35&lt;\\x41'.replaceAll('&', '%26'))}`),
	'form-digits': () => post(form, `a=${filled(127 * KIB, '1')}`),
	'form-slashes': () => post(form, `a=${filled(127 * KIB, '/./../a//')}`),
	'form-tildes': () => post(form, list(250, i => `a${i}=${filled(480, '~!@#$^*()[]{}:;<>?|')}`).join('&')),
	multipart: () => post({ 'Content-Type': `multipart/form-data; boundary=${boundary}` }, list(250, i =>
		`--${boundary}\r\nContent-Disposition: form-data; name="f${i}"; filename="${i}.txt"\r\nContent-Type: text/plain\r\n` +
		`${list(6, h => `X-Header-${h}: ${filled(40, words)}\r\n`).join('')}\r\n${i}\r\n`).join('') + `--${boundary}--\r\n`),
	'multipart-fields': () => post({ 'Content-Type': `multipart/form-data; boundary=${boundary}` },
		list(250, i => part(boundary, `field${i}`, `${filled(400, `${words} `)} ${i}`)).join('') + `--${boundary}--\r\n`),
	xml: () => post({ 'Content-Type': 'text/xml' }, `<?xml version="1.0"?>${'<a>'.repeat(60)}${list(4000, i => `<b c="${i} '&lt;">${i}</b>`).join('')}${'</a>'.repeat(60)}`),
	'gzip-json': () => post({ ...json, 'Content-Encoding': 'gzip' }, gzipSync(JSON.stringify(list(990, i => `value ${i % 10} '";|`)))),
	'gzip-bomb': () => post({ 'Content-Type': `multipart/form-data; boundary=${boundary}`, 'Content-Encoding': 'gzip' },
		gzipSync(Buffer.concat([Buffer.from(part(boundary, 'f', '', '; filename="x.bin"').slice(0, -2)),
			// a little that cannot be compressed keeps it just below the ratio at which a body is refused
			...list(90, i => Buffer.concat([Buffer.alloc(256 * KIB, 120), Buffer.from(list(420, j => String.fromCharCode(33 + (i * 7 + j * j * 31 + (i * j) % 89) % 90)).join(''))])),
			Buffer.from(`\r\n--${boundary}--\r\n`)]))),
	cookies: () => ({ method: 'GET', headers: { Cookie: list(100, i => `c${i}=${filled(48, `${i};=<>'"(`).replaceAll(';', ',')}`).join('; ') } }),
	headers: () => ({ method: 'GET', headers: Object.fromEntries(list(50, i => [`X-Header-${i}`, filled(120, `${words} `) + i])) }),
	query: () => ({ method: 'GET', target: `?${list(300, i => `a${i}=%2525%27${i}+or`).join('&')}`, headers: {} }),
}
