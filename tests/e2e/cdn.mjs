// A scripted authoritative server of a content delivery network: node cdn.mjs ADDRESS TABLE, where TABLE is JSON:
//   { "zone": "cdn.example", "ns": "ns1.cdn.example", "names": { "www": { "pool": [addresses], "count": n, "abroad": [prefixes], "node": address } } }
// Every answer for a name is another part of its pool, in another order: `count` addresses, beginning three further each time. A client
// subnet (RFC 7871) that begins with one of `abroad` gets `node` instead; a `deaf` name knows of no client subnets. Prints "ready".
import dgram from 'node:dgram'

const [address, text] = process.argv.slice(2), table = JSON.parse(text)
const labels = name => Buffer.concat([...name.split('.').map(l => Buffer.concat([Buffer.from([l.length]), Buffer.from(l)])), Buffer.from([0])])
const record = (name, type, data, ttl = 5) => {
	const head = Buffer.alloc(10)
	head.writeUInt16BE(type, 0), head.writeUInt16BE(1, 2), head.writeUInt32BE(ttl, 4), head.writeUInt16BE(data.length, 8)
	return Buffer.concat([labels(name), head, data])
}
const turns = {}
const soa = () => record(table.zone, 6, Buffer.concat([labels(table.ns), labels('admin.' + table.zone), Buffer.alloc(20, 1)]))

function addressesOf(host, subnet) {
	const entry = table.names[host]
	if (subnet && entry.abroad?.some(p => subnet.startsWith(p)))
		return [entry.node]
	const from = (turns[host] = (turns[host] ?? 0) + 3), n = entry.pool.length
	return Array.from({ length: entry.count }, (_, i) => entry.pool[(from + i) % n])
}

function answer(query) {
	let at = 12
	const parts = []
	while (query[at]) {
		parts.push(query.subarray(at + 1, at + 1 + query[at]).toString().toLowerCase())
		at += query[at] + 1
	}
	const name = parts.join('.'), type = query.readUInt16BE(at + 1), end = at + 5
	const option = query.indexOf(Buffer.from([0, 8]), end + 11), asked = option > 0 && query.readUInt16BE(end + 9) > 0
	const host = name.slice(0, -table.zone.length - 1), has = asked && !table.names[host]?.deaf, inside = name === table.zone || name.endsWith('.' + table.zone)
	const subnet = has ? [...query.subarray(option + 8, option + 8 + Math.ceil(query[option + 6] / 8))].join('.') + '.' : null
	const answers = []
	let rcode = inside ? 0 : 5
	if (name === table.zone && type === 2)
		answers.push(record(name, 2, labels(table.ns), 300))
	else if (name === table.zone && type === 6)
		answers.push(soa())
	else if (name === table.ns && type === 1)
		answers.push(record(name, 1, Buffer.from(address.split('.').map(Number)), 300))
	else if (table.names[host] && type === 1)
		for (const a of addressesOf(host, subnet))
			answers.push(record(name, 1, Buffer.from(a.split('.').map(Number))))
	else if (inside && name !== table.zone && name !== table.ns && !table.names[host])
		rcode = 3
	const echoed = has ? Buffer.from(query.subarray(option, option + 4 + query.readUInt16BE(option + 2))) : Buffer.alloc(0)
	if (has)
		echoed[7] = echoed[6]
	const opt = Buffer.from([0, 0, 41, 4, 208, 0, 0, 0, 0, 0, echoed.length])
	const head = Buffer.from(query.subarray(0, 12))
	const authority = answers.length || !inside ? [] : [soa()]
	head.writeUInt16BE(0x8000 | (inside ? 0x0400 : 0) | rcode, 2)
	head.writeUInt16BE(answers.length, 6), head.writeUInt16BE(authority.length, 8), head.writeUInt16BE(1, 10)
	return Buffer.concat([head, query.subarray(12, end), ...answers, ...authority, opt, echoed])
}

const socket = dgram.createSocket('udp4', (query, from) => {
	if (query.length > 16)
		socket.send(answer(query), from.port, from.address)
})
socket.bind(53, address, () => console.log('ready'))
