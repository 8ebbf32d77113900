// A real CMS for tests: WordPress as Debian packages it, with MariaDB, php-fpm and nginx, in a folder of its own and as
// processes that end with the test. No service of the machine is used, nothing outside the folder is written.
import assert from 'node:assert/strict'
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { freePort, http, isRoot, run, start, startNginx, tempDir, until } from './lib.mjs'

const package_ = '/usr/share/wordpress'
const user = isRoot ? 'www-data' : undefined

// What plugins of the field print into every page, and what no two fetches of it have in common: a counter of readers that
// counts this fetch, how long the page took, and a token in the form for comments.
const plugin = `<?php
add_filter('the_content', function ($text) {
	if (!is_singular()) return $text;
	$n = 1 + (int) get_post_meta(get_the_ID(), 'views', true);
	update_post_meta(get_the_ID(), 'views', $n);
	return $text . '<p class="views">阅读次数：' . $n . ' 次</p>';
});
add_action('comment_form', function () {
	echo '<input type="hidden" name="form_token" value="' . bin2hex(random_bytes(16)) . '">';
});
add_action('wp_footer', function () {
	echo '<!-- ' . get_num_queries() . ' queries in ' . timer_stop(0, 3) . ' seconds -->';
});
`

const bodyOpen = '<?php wp_body_open(); ?>'

export class WordPress {
	constructor(t, host) {
		assert.ok(existsSync(package_), `${package_} is missing: install the packages of scripts/packages check`)
		const dir = tempDir(t, 'wp')
		Object.assign(this, { t, host, dir, html: path.join(dir, 'html'), cookies: new Map() })
	}

	get theme() {
		return path.join(this.html, 'wp-content/themes/twentytwentyone')
	}

	async start() {
		run('cp', ['-rL', package_, this.html])
		await this.startDatabase()
		mkdirSync(path.join(this.html, 'wp-content/mu-plugins'))
		writeFileSync(path.join(this.html, 'wp-content/mu-plugins/site.php'), plugin)
		writeFileSync(path.join(this.html, 'wp-config.php'), `<?php
define('DB_NAME', 'wordpress');
define('DB_USER', 'root');
define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:${this.dir}/db.sock');
define('DB_CHARSET', 'utf8mb4');
${['AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY', 'AUTH_SALT', 'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT']
	.map(k => `define('${k}', 'a test\\'s own ${k}');`).join('\n')}
define('WP_HOME', 'http://${this.host}');
define('WP_SITEURL', 'http://${this.host}');
define('WP_DEFAULT_THEME', 'twentytwentyone');
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('DISABLE_WP_CRON', true);
$table_prefix = 'wp_';
defined('ABSPATH') || define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
`)
		await this.startPhp()
		this.nginx = await this.startServer()
	}

	async startDatabase() {
		const data = path.join(this.dir, 'db'), socket = path.join(this.dir, 'db.sock')
		mkdirSync(data)
		if (isRoot) {
			const id = Number(run('id', ['-u', user]))
			chownSync(data, id, id)
			chmodSync(this.dir, 0o777)
		}
		const as = isRoot ? [`--user=${user}`] : []
		run('mariadb-install-db', ['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db', ...as])
		const p = this.database = start(this.t, 'mariadbd', ['--no-defaults', `--datadir=${data}`, `--socket=${socket}`, '--skip-networking',
			`--pid-file=${this.dir}/db.pid`, '--innodb-buffer-pool-size=32M', '--innodb-flush-log-at-trx-commit=0', ...as])
		const sql = text => run('mariadb', ['--no-defaults', '-u', 'root', '-S', socket, '-e', text])
		await until('MariaDB answers', () => {
			assert.ok(!p.ended, p.out)
			return existsSync(socket) && (sql('select 1'), true)
		}, 30000)
		sql('create database wordpress character set utf8mb4')
	}

	async startPhp() {
		const socket = path.join(this.dir, 'php.sock'), conf = path.join(this.dir, 'php-fpm.conf')
		writeFileSync(conf, `[global]
error_log = ${this.dir}/php.log
daemonize = no
[www]
${isRoot ? `user = ${user}\ngroup = ${user}\nlisten.owner = ${user}\n` : ''}listen = ${socket}
pm = static
pm.max_children = 4
catch_workers_output = yes
php_admin_value[sendmail_path] = /bin/true
php_admin_value[upload_tmp_dir] = ${this.dir}
php_admin_value[session.save_path] = ${this.dir}
php_admin_value[opcache.revalidate_freq] = 0
php_admin_flag[display_errors] = on
`)
		const p = this.php = start(this.t, 'php-fpm8.2', ['-F', '-y', conf])
		await until('PHP listens', () => {
			assert.ok(!p.ended, p.out)
			return existsSync(socket)
		})
	}

	async startServer() {
		this.port = await freePort()
		const dir = path.join(this.dir, 'origin')
		mkdirSync(dir)
		return startNginx(this.t, { dir, user, workers: 1, http: `
	include /etc/nginx/mime.types;
	server {
		listen 127.0.0.1:${this.port};
		root ${this.html};
		index index.php;
		access_log ${dir}/access.log;
		location / { try_files $uri $uri/ /index.php?$args; }
		location ~ \\.php$ {
			try_files $uri =404;
			include /etc/nginx/fastcgi_params;
			fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
			fastcgi_pass unix:${this.dir}/php.sock;
		}
	}` })
	}

	// One request as a browser puts it: with the cookies of the person who is logged in unless it is `anonymous`, with a form
	// if one is given. `port` and `from`: by the gate, from another address.
	async ask(target, { form, json, port = this.port, from, anonymous, headers = {} } = {}) {
		const body = json ? JSON.stringify(json) : form && new URLSearchParams(form).toString()
		const answer = await http(port, target, {
			host: this.host, method: body === undefined ? 'GET' : 'POST', body, localAddress: from, msec: 60000,
			headers: {
				...(body === undefined ? {} : { 'Content-Type': json ? 'application/json' : 'application/x-www-form-urlencoded' }),
				...(this.cookies.size && !anonymous ? { Cookie: [...this.cookies].map(([k, v]) => `${k}=${v}`).join('; ') } : {}), ...headers,
			},
		})
		for (const [, name, value] of anonymous ? [] : answer.raw.matchAll(/^set-cookie: ([^=\r]+)=([^;\r]*)/gim))
			this.cookies.set(name, value)
		return answer
	}

	// WordPress's own installer, as people run it in a browser.
	async install() {
		this.person = { log: 'editor', pwd: 'not a secret, a test' }
		const done = await this.ask('/wp-admin/install.php?step=2', { form: {
			weblog_title: '云山县人民政府', user_name: this.person.log, admin_password: this.person.pwd, admin_password2: this.person.pwd,
			pw_weak: '1', admin_email: 'editor@example.gov.cn', blog_public: '1', language: '',
		} })
		assert.match(done.body.toString(), /Success!/)
		await this.login()
		const page = (await this.ask('/wp-admin/options-permalink.php')).body.toString()
		const nonce = /name="_wpnonce" value="([0-9a-f]+)"/.exec(page)?.[1]
		assert.ok(nonce, page.slice(0, 500))
		await this.ask('/wp-admin/options-permalink.php', { form: {
			_wpnonce: nonce, _wp_http_referer: '/wp-admin/options-permalink.php', selection: 'custom',
			permalink_structure: '/%year%/%monthnum%/%postname%/', submit: 'Save',
		} })
	}

	async login(by = {}) {
		this.cookies.clear()
		await this.ask('/wp-login.php', by)
		const done = await this.ask('/wp-login.php', { ...by, form: { ...this.person, 'wp-submit': 'Log In', redirect_to: '/wp-admin/' } })
		assert.equal(done.status, 302, done.body.toString().slice(0, 2000))
		this.nonce = (await this.ask('/wp-admin/admin-ajax.php?action=rest-nonce', by)).body.toString()
		assert.match(this.nonce, /^[0-9a-f]{10}$/)
	}

	// What the editor in the browser does: WordPress's REST interface with the person's session.
	async rest(what, json, by = {}) {
		const done = await this.ask(`/wp-json/wp/v2/${what}`, { ...by, json, headers: { 'X-WP-Nonce': this.nonce } })
		assert.ok(done.status === 200 || done.status === 201, `${what}: ${done.status} ${done.body.toString().slice(0, 1000)}`)
		return JSON.parse(done.body)
	}

	publish(title, slug, content, more = {}, by = {}) {
		return this.rest(more.type ?? 'posts', { title, slug, content, status: 'publish', ...more }, by)
	}

	// What an intruder who may write does to every page at once, and what sets it right.
	plant(html) {
		const file = path.join(this.theme, 'header.php')
		this.header ??= readFileSync(file, 'utf8')
		assert.ok(this.header.includes(bodyOpen))
		writeFileSync(file, this.header.replace(bodyOpen, `${bodyOpen}${html}`))
	}

	restore() {
		writeFileSync(path.join(this.theme, 'header.php'), this.header)
	}
}
