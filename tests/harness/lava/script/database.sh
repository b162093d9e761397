# Inside the chroot, once: a PostgreSQL cluster that holds LAVA's tables and its administrator, and LAVA's settings.
# Every server starts from a copy-on-write view of it, so it starts in a second and forgets everything at its end.
set -eu
bin=$(echo /usr/lib/postgresql/*/bin)
data=/var/lib/postgresql/lavafed
as() { user=$1; shift; setpriv --reuid="$user" --regid="$user" --init-groups -- "$@"; }

cat >/etc/lava-server/settings.d/50-lavafed.yaml <<'EOF'
INSTANCE_NAME: lavafed-test
DATABASES:
  default:
    ENGINE: django.db.backends.postgresql
    NAME: lava
    USER: lavaserver
    HOST: /run/postgresql
ALLOWED_HOSTS: ["*"]
SESSION_COOKIE_SECURE: false
CSRF_COOKIE_SECURE: false
# with events the scheduler acts at once, without it looks for work every 20 s
EVENT_NOTIFICATION: true
EVENT_SOCKET: ipc:///run/lava-events-out
INTERNAL_EVENT_SOCKET: ipc:///run/lava-events-in
EOF
ln -sfn "$bin" /usr/local/lib/postgresql-bin
mkdir -p /run/postgresql "$data"
chown postgres:postgres /run/postgresql "$data"
# all daemons may write their logs, whoever is first
chmod 777 /var/log/lava-server /run

as postgres "$bin/initdb" -D "$data" -A trust -E UTF8 --locale=C.UTF-8 --no-sync
# the data live in memory and are thrown away: nothing has to survive a power cut
cat >>"$data/postgresql.conf" <<'EOF'
listen_addresses = ''
unix_socket_directories = '/run/postgresql'
fsync = off
full_page_writes = off
synchronous_commit = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 64MB
shared_buffers = 32MB
EOF
as postgres "$bin/pg_ctl" -D "$data" -w -l /tmp/postgres.log start
as postgres "$bin/psql" -h /run/postgresql -d postgres -v ON_ERROR_STOP=1 \
    -c 'CREATE ROLE lavaserver LOGIN' -c 'CREATE DATABASE lava OWNER lavaserver'
as lavaserver lava-server manage migrate --noinput
as lavaserver lava-server manage shell -c '
from django.contrib.auth.models import User
from linaro_django_xmlrpc.models import AuthToken
admin = User.objects.create_superuser("admin", "admin@example.com")
admin.set_unusable_password()
admin.save()
AuthToken.objects.create(user=admin, description="harness")
'
as postgres "$bin/pg_ctl" -D "$data" -w -m fast stop
rm -f /var/log/lava-server/* /tmp/postgres.log
