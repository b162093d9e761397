//! Stories through the public face of lavafed, each on SQLite and on PostgreSQL.

mod callback;
