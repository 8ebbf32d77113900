// Serves pages at addresses of its own, in whatever namespace it is started: node served.mjs '[{address, port, cert, key, pages}]'. `pages`: {path or
// "*": [status, headers, body]}. With cert and key (files) over TLS. Says "ready" when all of them listen.
import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'

const listen = site => new Promise(resolve => {
	const answer = (request, response) => {
		const [status, headers, body] = site.pages[request.url] ?? site.pages['*'] ?? [404, { 'Content-Type': 'text/html' }, 'none']
		response.writeHead(status, headers)
		response.end(request.method === 'HEAD' ? undefined : body)
	}
	const server = site.cert ? https.createServer({ cert: readFileSync(site.cert), key: readFileSync(site.key) }, answer) : http.createServer(answer)
	server.listen(site.port, site.address, resolve)
})

await Promise.all(JSON.parse(process.argv[2]).map(listen))
console.log('ready')
