//! Whose policies are known: an account's users and roles by IAM, or out of a file.

use std::path::Path;

use kmsdeck_policy::{Account, AccountDetails, ServiceControl};

use crate::gateway::Session;
use crate::gateway::pages::{PageEvent, every_page};
use crate::kms::KmsError;
use crate::kms::text::counted;
use crate::platform::user_file;
use crate::reads::account_authorization_details;

/// The most bytes of a file: an account has at most 5,000 users and 5,000 roles.
const MOST_BYTES: u64 = 256 << 20;

/// Accounts whose users and roles are known, and what is not.
#[derive(Debug, Clone, Default)]
pub struct Principals {
    pub accounts: Vec<Account>,
    /// What could not be read, and why.
    pub missing: Vec<String>,
}

impl Principals {
    /// Out of files: what `aws iam get-account-authorization-details` prints, and service control
    /// policies, which are those of all these accounts.
    ///
    /// Errors: a file cannot be read, or is something else; two are of one account.
    pub fn of_files(iam: &[&Path], scp: &[&Path]) -> Result<Principals, String> {
        let mut known = Principals::default();
        for path in iam {
            let text = read(path)?;
            let details = AccountDetails::parse(&text)
                .map_err(|error| format!("{}: {error}", path.display()))?;
            let account = Account::new(&details).ok_or_else(|| {
                format!(
                    "{}: no user, role or policy in it says by its ARN which account it is of",
                    path.display()
                )
            })?;
            if known.accounts.iter().any(|one| one.id == account.id) {
                return Err(format!(
                    "{}: account {} is in another file already",
                    path.display(),
                    account.id
                ));
            }
            known.accounts.push(account);
        }
        known.limit(scp)?;
        Ok(known)
    }

    /// Adds service control policies out of files, for each account that is known.
    ///
    /// Errors: a file cannot be read, or has none.
    pub fn limit(&mut self, scp: &[&Path]) -> Result<(), String> {
        let mut limits: Option<ServiceControl> = None;
        for path in scp {
            let name = path.display().to_string();
            let text = read(path)?;
            let read = ServiceControl::parse(&name, &text).map_err(|error| error.to_string())?;
            limits.get_or_insert_default().extend(read);
        }
        for account in &mut self.accounts {
            account.service_control.clone_from(&limits);
        }
        Ok(())
    }

    /// By IAM, of the account that the session is of. `tell` hears after each page how many users
    /// and roles there are so far.
    pub async fn of_account(
        session: &Session,
        account: &str,
        mut tell: impl FnMut(usize),
    ) -> Principals {
        let (details, end) = read_account(session, &mut tell).await;
        let mut known = Principals::default();
        if let Err(error) = &end {
            known.missing.push(format!(
                "users and roles of account {account} (GetAccountAuthorizationDetails: {})",
                error.code
            ));
        }
        known.accounts.extend(Account::new(&details));
        known
    }

    /// How many users and roles there are.
    pub fn count(&self) -> usize {
        let accounts = self.accounts.iter();
        accounts.map(|account| account.identities.len()).sum()
    }

    /// `12 users and roles of 1 account`.
    pub fn text(&self) -> String {
        format!(
            "{} of {}",
            counted(self.count(), "user or role").replace("user or roles", "users and roles"),
            counted(self.accounts.len(), "account")
        )
    }
}

/// What IAM tells of the session's account, page by page, and why that is not all.
pub async fn read_account(
    session: &Session,
    tell: &mut impl FnMut(usize),
) -> (AccountDetails, Result<(), KmsError>) {
    let mut details = AccountDetails::default();
    let mut end = Ok(());
    every_page(
        |marker| account_authorization_details(session, marker),
        |event| match event {
            PageEvent::Page(page) => {
                for item in page.items {
                    details.extend(item);
                }
                tell(details.users.len() + details.roles.len());
            }
            PageEvent::Waits(..) | PageEvent::Done => {}
            PageEvent::Failed(error) => end = Err(error),
        },
    )
    .await;
    (details, end)
}

fn read(path: &Path) -> Result<String, String> {
    let bytes = user_file::read(path, MOST_BYTES)
        .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    String::from_utf8(bytes).map_err(|_| format!("{}: it is no UTF-8 text", path.display()))
}
