// The origin of rule tests: answers as CRS's own test backend does (the endpoints that cases use). POST /reflect with a JSON object gives
// what it says (status, headers, body or encodedBody); everything else is an empty 200. Runs alone too: node backend.mjs PORT
import { createServer } from 'node:http'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const html = /^\s*<(!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p)[ >]|^\s*<!--/i

// What Go's net/http says of a body whose type nobody gave.
function sniff(body) {
	const text = body.subarray(0, 512).toString('latin1')
	if (html.test(text))
		return 'text/html; charset=utf-8'
	if (/^\s*<\?xml/.test(text))
		return 'text/xml; charset=utf-8'
	return /[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]/.test(text) ? 'application/octet-stream' : 'text/plain; charset=utf-8'
}

function refuse(res, text) {
	res.writeHead(400, { 'Content-Type': 'text/plain; charset=utf-8' })
	res.end(text)
}

function reflect(res, bytes) {
	let spec
	try {
		spec = JSON.parse(bytes.toString('utf8'))
	} catch {
		return refuse(res, 'Invalid JSON in request body')
	}
	if ((spec.status > 0 && spec.status < 100) || spec.status >= 600)
		return refuse(res, `Invalid status code: ${spec.status}`)
	const body = spec.body ? Buffer.from(spec.body) : Buffer.from(spec.encodedBody ?? '', 'base64')
	const headers = Object.entries(spec.headers ?? {})
	if (body.length > 0 && !headers.some(([name]) => name.toLowerCase() === 'content-type'))
		headers.push(['Content-Type', sniff(body)])
	res.writeHead(spec.status || 200, Object.fromEntries([...headers, ['Content-Length', String(body.length)]]))
	res.end(body)
}

export function startBackend(port = 0) {
	const server = createServer({ insecureHTTPParser: true, maxHeaderSize: 256 * 1024 }, (req, res) => {
		const parts = []
		req.on('data', d => parts.push(d))
		req.on('end', () => {
			if (req.method === 'POST' && /^\/reflect(\/|\?|$)/.test(req.url))
				return reflect(res, Buffer.concat(parts))
			res.writeHead(200, { 'Content-Length': '0' })
			res.end()
		})
	})
	server.keepAliveTimeout = 60000
	return new Promise(resolve => server.listen(port, '127.0.0.1', () => resolve(server)))
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url))
	await startBackend(Number(process.argv[2] ?? 8080))
