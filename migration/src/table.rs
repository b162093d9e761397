//! Shapes that recur in the steps: keys, references, indexes.

use sea_orm_migration::prelude::*;

/// A table with a numeric primary key `id`.
pub(crate) fn table(name: &'static str) -> TableCreateStatement {
    Table::create()
        .table(name)
        .col(
            ColumnDef::new("id")
                .big_integer()
                .not_null()
                .auto_increment()
                .primary_key(),
        )
        .take()
}

/// Adds a reference from `column` to the `id` of `target`; the database refuses
/// to delete what is referred to.
pub(crate) fn references(
    table: &mut TableCreateStatement,
    column: &'static str,
    target: &'static str,
) {
    table.foreign_key(
        ForeignKey::create()
            .from_col(column)
            .to(target, "id")
            .on_delete(ForeignKeyAction::Restrict),
    );
}

pub(crate) async fn index(
    manager: &SchemaManager<'_>,
    name: &'static str,
    table: &'static str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    let mut statement = Index::create().name(name).table(table).take();
    for column in columns {
        statement.col(*column);
    }
    manager.create_index(statement).await
}

pub(crate) async fn unique(
    manager: &SchemaManager<'_>,
    name: &'static str,
    table: &'static str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    let mut statement = Index::create().name(name).table(table).unique().take();
    for column in columns {
        statement.col(*column);
    }
    manager.create_index(statement).await
}

/// A unique index over the rows for which `condition` holds. NULLs are distinct
/// in unique indexes, so "one row without a device-type" needs an index of its
/// own that leaves the column out.
pub(crate) async fn unique_where(
    manager: &SchemaManager<'_>,
    name: &str,
    table: &str,
    columns: &str,
    condition: &str,
) -> Result<(), DbErr> {
    manager
        .get_connection()
        .execute_unprepared(&format!(
            "CREATE UNIQUE INDEX {name} ON {table} ({columns}) WHERE {condition}"
        ))
        .await?;
    Ok(())
}

/// Drops tables in the given order.
pub(crate) async fn drop_all(
    manager: &SchemaManager<'_>,
    tables: &[&'static str],
) -> Result<(), DbErr> {
    for table in tables {
        manager
            .drop_table(Table::drop().table(*table).take())
            .await?;
    }
    Ok(())
}

/// Adds columns to a table of an earlier step. None of them is a reference:
/// SQLite could not take it back.
pub(crate) async fn add_columns<const N: usize>(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: [ColumnDef; N],
) -> Result<(), DbErr> {
    for column in columns {
        let statement = Table::alter().table(table).add_column(column).take();
        manager.alter_table(statement).await?;
    }
    Ok(())
}

pub(crate) async fn drop_columns(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    for column in columns {
        let statement = Table::alter().table(table).drop_column(*column).take();
        manager.alter_table(statement).await?;
    }
    Ok(())
}
