// What tests of the rule engine in the gate share: a gate with a rule set, in front of an origin whose every answer is known.
import { createServer } from 'node:http'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { Site } from './gate.mjs'
import { jsonLines, until } from './lib.mjs'

export const rules = `
SecRuleEngine On
SecRequestBodyAccess On
SecRequestBodyLimit 1099511627776
SecRequestBodyNoFilesLimit 1073741824
SecResponseBodyAccess On
SecResponseBodyMimeType text/html text/plain
SecResponseBodyLimit 524288
SecRule REQUEST_HEADERS:X-Attack "@streq phase1" "id:101,phase:1,deny,status:403,log,msg:'attack in a header',severity:CRITICAL,tag:'attack-test'"
SecRule ARGS|ARGS_NAMES "@contains evil" "id:102,phase:2,deny,log,msg:'evil argument',logdata:'found %{MATCHED_VAR} in %{MATCHED_VAR_NAME}',severity:CRITICAL,tag:'attack-test'"
SecRule RESPONSE_HEADERS:X-Leak "@streq yes" "id:104,phase:3,deny,log,msg:'leak in a header'"
SecRule RESPONSE_BODY "@contains SECRET-LEAK" "id:105,phase:4,deny,log,msg:'leak in a body'"
SecRule ARGS "@contains notable" "id:106,phase:2,pass,log,msg:'only noted',severity:NOTICE"
SecRule FILES "@contains .php" "id:107,phase:2,deny,log,msg:'a script as upload',severity:CRITICAL"
`

export function send(res, status, headers, body) {
	res.writeHead(status, headers)
	res.end(body)
}

// The application: what it was asked is kept in .seen (of bodies the length and the first bytes).
export async function startOrigin(t, routes = {}) {
	const seen = []
	const server = createServer((req, res) => {
		let bytes = 0, head = Buffer.alloc(0)
		req.on('data', d => { bytes += d.length; if (head.length < 65536) head = Buffer.concat([head, d]) })
		req.on('end', () => {
			const url = new URL(req.url, 'http://origin')
			seen.push({ method: req.method, url: req.url, headers: req.headers, raw: req.rawHeaders, bytes, body: head.toString() })
			const route = routes[url.pathname]
			if (route)
				return route(req, res, url)
			send(res, 200, { 'Content-Type': 'text/plain; charset=utf-8' }, `${req.method} ${req.url} ${bytes}`)
		})
	})
	server.seen = seen
	await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
	t.after(() => { server.closeAllConnections(); server.close() })
	server.port = server.address().port
	return server
}

// `guard`: the "rules" block of the profile.
export function profileOf(guard) {
	return `paths = [ "/app dynamic", "/staff staff", "/tmp closed" ];\nstaff = { from = [ "127.0.0.0/8" ]; };\nrules = { ${guard} };\n`
}

export const sealed = [{ path: '/', body: '<h1>sealed</h1>' }, { path: '/404.html', status: 404, body: 'own 404' }]

// A site behind a gate. `.lines()` are those of the rule log; `.line(n)` waits for the n-th (from 0).
export async function startRules(t, { guard = 'mode = "block";', text = rules, args = '', routes, inner = '', outer = '', workers = 2, more = [], log = '' } = {}) {
	const site = new Site(t)
	site.rules = path.join(site.dir, 'rules.conf')
	site.ruleLog = path.join(site.dir, 'rules.log')
	site.profile = path.join(site.dir, 'profile')
	writeFileSync(site.rules, text)
	writeFileSync(site.profile, profileOf(guard))
	site.publish(1, sealed, { more: ['--profile', site.profile, ...more] })
	site.origin = await startOrigin(t, routes)
	site.vault = await site.startVault(t)
	await site.startGate(t, {
		workers,
		inner: `proxy_pass http://127.0.0.1:${site.origin.port}; proxy_set_header Host $host; proxy_http_version 1.1; ${inner}`,
		outer: `weique_rules ${site.rules} ${args};\nweique_rules_log ${site.ruleLog}${log};\nlarge_client_header_buffers 4 32k;\n${outer}`,
	})
	site.lines = () => jsonLines(site.ruleLog)
	site.line = n => until(`line ${n} of the rule log`, () => site.lines()[n])
	site.republish = (serial, text) => {
		writeFileSync(site.profile, profileOf(text))
		site.publish(serial, sealed, { more: ['--profile', site.profile, ...more] })
	}
	return site
}

export const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
