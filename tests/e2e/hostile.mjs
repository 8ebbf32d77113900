// What the tests of a hostile site run in and run: a network namespace, from which nothing can leave, and the real program, measured.
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { built, isRoot, root } from './lib.mjs'

// Runs `file` in a namespace when this process is in none. Returns true inside.
export function inside(file) {
	if (process.env.WQ_HOSTILE_INSIDE)
		return true
	const done = spawnSync('unshare', [...(isRoot ? [] : ['-r']), '-n', '-m', process.execPath, ...process.execArgv, file],
		{ stdio: 'inherit', env: { ...process.env, WQ_HOSTILE_INSIDE: '1' } })
	process.exit(done.status ?? 1)
}

const measured = `
import json, os, resource, sys, time
began = time.time()
pid = os.spawnvp(os.P_NOWAIT, sys.argv[2], sys.argv[2:])
_, status, used = os.wait4(pid, 0)
with open(sys.argv[1], "w") as out:
    json.dump({"code": os.waitstatus_to_exitcode(status), "seconds": round(time.time() - began, 2),
               "cpu": round(used.ru_utime + used.ru_stime, 2), "mb": used.ru_maxrss // 1024}, out)
`
let runs = 0
// Runs the real program; what it wrote, how it ended, what it took. Killed, with all that it started, after `seconds`.
export function inspect(dir, args, seconds) {
	const file = path.join(dir, `measured-${runs++}`)
	const child = spawn('python3', ['-c', measured, file, built('src/bin/weique'), 'inspect', ...args], {
		env: { ...process.env, WEIQUE_RULES: path.join(root, 'rules'), WEIQUE_STATE: '/nonexistent', LC_ALL: 'C.UTF-8', TERM: 'xterm', TMPDIR: dir },
		stdio: ['ignore', 'pipe', 'pipe'], detached: true })
	const out = [], err = []
	child.stdout.on('data', d => out.push(d))
	child.stderr.on('data', d => err.push(d))
	return new Promise(resolve => {
		let late = false
		const timer = setTimeout(() => { late = true; process.kill(-child.pid, 'SIGKILL') }, seconds * 1000)
		child.on('close', () => {
			clearTimeout(timer)
			const used = late ? { code: 'killed', seconds, cpu: NaN, mb: NaN } : JSON.parse(readFileSync(file, 'utf8'))
			resolve({ ...used, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString(), late })
		})
	})
}
