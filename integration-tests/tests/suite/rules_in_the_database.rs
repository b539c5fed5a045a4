//! The rules that the database itself keeps, whoever writes to it: here a plain session, as psql has it.
//!
//! Each rule is a function that is given an [`Origin`], from which it takes its database. As a test it runs on a
//! database as the migrations leave it; `restores` runs all of them on databases that come from a dump.

mod origin;

/// Makes a test of each of these functions, and lists them for other origins.
macro_rules! rules {
    ($($name:ident),* $(,)?) => {
        mod migrated {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $name() {
                    super::$name(&super::Origin::migrated()).await;
                }
            )*
        }

        pub fn rules() -> Vec<super::Rule> {
            vec![$(super::Rule {
                name: concat!(module_path!(), "::", stringify!($name)),
                run: |origin| Box::pin(async move { $name(&origin).await }),
            }),*]
        }
    };
}

mod dependencies;
mod homes;
mod links;
mod networks;
mod records;
mod releases;
mod session;
mod values;

use std::sync::Arc;

use futures_util::future::BoxFuture;

pub use origin::Origin;
pub use session::OBJECTS;

/// A rule of the database, with what it refuses and what it does not.
pub struct Rule {
    pub name: &'static str,
    /// Panics when the database does not keep it.
    pub run: fn(Arc<Origin>) -> BoxFuture<'static, ()>,
}

/// All of them.
pub fn rules() -> Vec<Rule> {
    let modules = [
        dependencies::rules,
        homes::rules,
        links::rules,
        networks::rules,
        records::rules,
        releases::rules,
        values::rules,
    ];
    modules.into_iter().flat_map(|rules| rules()).collect()
}
