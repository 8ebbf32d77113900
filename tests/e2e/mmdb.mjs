// Writes a MaxMind DB (https://maxmind.github.io/MaxMind-DB/, format 2.0) of IPv4 networks: a tree of 24-bit records and their data.
const control = (type, size) => {
	const head = type <= 7 ? [type << 5] : [0, type - 7]
	if (size < 29)
		head[0] |= size
	else if (size < 29 + 256)
		return (head[0] |= 29, Buffer.from([...head, size - 29]))
	else
		throw new Error(`too long: ${size}`)
	return Buffer.from(head)
}
const number = (type, value) => {
	const bytes = []
	for (let v = BigInt(value); v > 0n; v >>= 8n)
		bytes.unshift(Number(v & 0xffn))
	return Buffer.concat([control(type, bytes.length), Buffer.from(bytes)])
}
const encode = value => {
	if (typeof value === 'string')
		return Buffer.concat([control(2, Buffer.byteLength(value)), Buffer.from(value)])
	if (typeof value === 'number')
		return number(6, value)
	if (typeof value === 'bigint')
		return number(9, value)
	if (Array.isArray(value))
		return Buffer.concat([control(11, value.length), ...value.map(encode)])
	const entries = Object.entries(value)
	return Buffer.concat([control(7, entries.length), ...entries.flatMap(([k, v]) => [encode(k), encode(v)])])
}
const short = value => Object.assign([], { u16: value })
const meta = value => value?.u16 === undefined ? encode(value) : number(5, value.u16)

// networks: [["61.10.0.0/16", { country: { iso_code: "CN" }, … }], …]; longer prefixes come after shorter ones.
export function mmdb(networks) {
	const nodes = [[null, null]], data = []
	let at = 0
	for (const [net, value] of networks) {
		const [addr, length] = net.split('/')
		const bits = addr.split('.').map(n => Number(n).toString(2).padStart(8, '0')).join('').slice(0, Number(length))
		const leaf = { data: at }
		let node = 0
		const bytes = encode(value)
		for (let i = 0; i < bits.length - 1; i++) {
			const next = nodes[node][bits[i]]
			if (typeof next === 'number') {
				node = next
				continue
			}
			nodes.push([next, next])
			node = nodes[node][bits[i]] = nodes.length - 1
		}
		nodes[node][bits[bits.length - 1]] = leaf
		data.push(bytes)
		at += bytes.length
	}
	const tree = Buffer.alloc(nodes.length * 6)
	nodes.forEach((pair, i) => pair.forEach((to, side) =>
		tree.writeUIntBE(to === null ? nodes.length : typeof to === 'number' ? to : nodes.length + 16 + to.data, i * 6 + side * 3, 3)))
	const about = [['node_count', nodes.length], ['record_size', short(24)], ['ip_version', short(4)], ['database_type', 'Test'],
		['languages', ['en']], ['binary_format_major_version', short(2)], ['binary_format_minor_version', short(0)],
		['build_epoch', 1767225600n], ['description', { en: 'made by a test' }]]
	return Buffer.concat([tree, Buffer.alloc(16), ...data, Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'), control(7, about.length),
		...about.flatMap(([k, v]) => [encode(k), meta(v)])])
}
