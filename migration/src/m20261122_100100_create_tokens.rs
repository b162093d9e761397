//! What is needed to recognise, list and revoke a token.

use sea_orm_migration::prelude::*;

use crate::table::{drop_all, references, table};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut token = table("token")
            .col(ColumnDef::new("jti").string_len(64).not_null().unique_key())
            .col(ColumnDef::new("description").text().not_null())
            .col(ColumnDef::new("scope").string_len(8).not_null())
            .col(ColumnDef::new("source_id").big_integer())
            .col(
                ColumnDef::new("created_at")
                    .timestamp_with_time_zone()
                    .not_null(),
            )
            .col(ColumnDef::new("expires_at").timestamp_with_time_zone())
            .col(ColumnDef::new("revoked_at").timestamp_with_time_zone())
            .col(ColumnDef::new("last_used_at").timestamp_with_time_zone())
            .take();
        references(&mut token, "source_id", "source");
        manager.create_table(token).await?;

        // One row: by its fingerprint the key all who share the database sign with.
        let key = Table::create()
            .table("signing_key")
            .col(ColumnDef::new("id").integer().not_null().primary_key())
            .col(ColumnDef::new("fingerprint").string_len(64).not_null())
            .take();
        manager.create_table(key).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["signing_key", "token"]).await
    }
}
