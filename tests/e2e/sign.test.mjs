// The running weique-sign: what the kernel says of it, as root and as an ordinary user, and how it is called.
import test from 'node:test'
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readFileSync, readdirSync, readlinkSync } from 'node:fs'
import path from 'node:path'
import { built, isRoot, jsonLines, run, start, tempDir, until } from './lib.mjs'

const sign = built('src/bin/weique-sign')
const nobody = 65534

function status(pid) {
	return Object.fromEntries(readFileSync(`/proc/${pid}/status`, 'utf8').trim().split('\n').map(l => l.split(/:\s*/)))
}

async function serve(t, options, user = {}) {
	const dir = tempDir(t, 'sign'), own = path.join(dir, 'sign'), socket = path.join(dir, 'sign.sock')
	const log = path.join(dir, 'sign.jsonl')
	mkdirSync(own)
	if (user.uid)
		for (const d of [dir, own])
			chownSync(d, user.uid, user.gid)
	run(sign, ['init', '--dir', own], user)
	const p = start(t, sign, ['serve', '--dir', own, '--socket', socket, '--log', log, ...options], user)
	await until('weique-sign has started', () => p.ended || jsonLines(log).some(e => e.event === 'process.started'))
	return { p, own, socket, log }
}

function assertLockedIn(pid) {
	const s = status(pid)
	assert.equal(s.Seccomp, '2')
	assert.equal(s.NoNewPrivs, '1')
	for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
		if (s.Uid.startsWith('0') || set !== 'CapBnd') // only root can give up what it might get
			assert.match(s[set], /^0+$/, set)
	assert.equal(s.Threads, '1')
}

test('weique-sign runs locked in, says what is missing, answers and ends', async t => {
	const { p, own, log } = await serve(t, [])
	assertLockedIn(p.pid)
	const off = jsonLines(log).filter(e => e.event === 'sandbox.part_off').map(e => e.fields.part)
	for (const part of ['no_new_privs', 'capabilities', 'limits', 'landlock', 'seccomp', 'dumpable'])
		assert.ok(!off.includes(part), `${part} is off`)
	assert.equal(off.includes('user'), isRoot)
	// no socket but its own, which is a Unix one
	const inodes = readdirSync(`/proc/${p.pid}/fd`).map(fd => readlinkSync(`/proc/${p.pid}/fd/${fd}`))
		.flatMap(l => l.match(/^socket:\[(\d+)\]$/)?.[1] ?? [])
	const unix = readFileSync('/proc/net/unix', 'utf8')
	assert.ok(inodes.length > 0)
	for (const inode of inodes)
		assert.match(unix, new RegExp(`\\b${inode}\\b`))
	// the public key can be asked meanwhile; a second server cannot have the folder
	assert.match(run(sign, ['public', '--dir', own]), /^04[0-9a-f]{128}\n$/)
	run(sign, ['serve', '--dir', own, '--socket', `${own}.second`], { expect: 7 })
	assert.deepEqual(await p.kill(), { code: 0, signal: null })
	assert.equal(jsonLines(log).at(-1).event, 'process.stopped')
})

test('with --sandbox=required it runs as an ordinary user, and not as root', async t => {
	const { p } = await serve(t, ['--sandbox=required'], isRoot ? { uid: nobody, gid: nobody } : {})
	assert.ok(!p.ended, p.out)
	assertLockedIn(p.pid)
	assert.equal((await p.kill()).code, 0)
	if (isRoot) {
		const { p: root, log } = await serve(t, ['--sandbox=required'])
		assert.equal((await root.exited).code, 3)
		assert.equal(jsonLines(log).at(-1).event, 'process.failed')
	}
})

test('with --sandbox=off it says so', async t => {
	const { p, log } = await serve(t, ['--sandbox=off'])
	assert.equal(status(p.pid).Seccomp, '0')
	assert.deepEqual(jsonLines(log)[0].fields, { part: 'all', why: '--sandbox=off' })
})

test('called wrongly it says how to call it, and does nothing', t => {
	const dir = path.join(tempDir(t, 'sign'), 'never')
	for (const args of [[], ['seal'], ['serve'], ['serve', '--dir', dir], ['init'], ['init', '--dir'], ['init', '--nonsense'],
		['init', '--dir', dir, 'more'], ['init', '--dir', dir, '--socket', 'x'], ['serve', '--dir', dir, '--socket', 'x', '--allow-uid', '-1'],
		['serve', '--dir', dir, '--socket', 'x', '--sandbox=perhaps']]) {
		const done = spawnSync(sign, args, { encoding: 'utf8' })
		assert.equal(done.status, 2, args.join(' '))
		assert.equal(done.stdout, '')
		assert.match(done.stderr, /^weique-sign: the command was called wrongly: .+; see --help\n$/)
	}
	assert.ok(!existsSync(dir))
	assert.match(run(sign, ['--help']), /^usage: weique-sign init /)
	assert.match(run(sign, ['serve', '--help']), /--sandbox=off\|on\|required/)
	run(sign, ['init', '--dir', dir])
	run(sign, ['init', '--dir', dir], { expect: 2 }) // there is a key already
})
