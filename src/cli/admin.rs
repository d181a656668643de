use std::path::PathBuf;

use clap::{Args, Subcommand};

pub(super) const EXAMPLES: &str = "\
Examples:
  greenroom admin create --email ana@example.org --name ana   the first admin, or one more; asks for a password
  greenroom admin list --query an                             accounts whose names begin so
  greenroom admin disable mallory                             signed out everywhere, and can't come in again
  greenroom admin rooms --json                                for scripts

It reaches a running server through a socket in the data directory, and works without one, too.
USER is a name, an id or an e-mail.";

/// Which data, and what is to be done.
#[derive(Debug, Clone, Args)]
pub struct AdminFlags {
    #[command(subcommand)]
    pub(crate) command: AdminCommand,

    /// The server's data directory [default: ./data]
    #[arg(long, global = true, value_name = "DIR", env = "GREENROOM_DATA")]
    pub(crate) data: Option<PathBuf>,

    /// The server's configuration file
    #[arg(long, global = true, value_name = "FILE", env = "GREENROOM_CONFIG")]
    pub(crate) config: Option<PathBuf>,

    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// What is to be done.
#[derive(Debug, Clone, Subcommand)]
pub enum AdminCommand {
    /// Make an admin's account; there is none before
    Create {
        /// Where they can be reached; they sign in with it
        #[arg(long)]
        email: String,
        /// What they are called
        #[arg(long)]
        name: String,
        /// Read the password from the first line of standard input, and ask nobody
        #[arg(long)]
        password_stdin: bool,
    },
    /// List accounts
    List {
        /// Those whose names begin so, or whose e-mail it is
        #[arg(long, default_value = "")]
        query: String,
    },
    /// Sign somebody out everywhere, and let them in no more
    Disable {
        /// Who
        user: String,
    },
    /// Let somebody in again who was disabled
    Enable {
        /// Who
        user: String,
    },
    /// End an account for good, and erase what it says of its person
    Delete {
        /// Who
        user: String,
        /// Erase all that they have said, too
        #[arg(long)]
        erase: bool,
    },
    /// Erase all that somebody has said until now, in all rooms
    Erase {
        /// Who; a guest by their id
        user: String,
    },
    /// Make somebody an admin
    Promote {
        /// Who
        user: String,
    },
    /// Make an admin somebody like all others
    Demote {
        /// Who
        user: String,
    },
    /// Sign somebody out everywhere
    SignOut {
        /// Who
        user: String,
    },
    /// List all rooms, those of others too
    Rooms {
        /// Those whose ids begin so
        #[arg(long, default_value = "")]
        query: String,
    },
    /// Delete a room for good, of whatever kind
    DeleteRoom {
        /// Its id
        room: String,
    },
}

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory as _};

    use crate::cli::Cli;

    #[test]
    fn every_command_of_the_operators_is_in_the_guide() {
        let guide = include_str!("../../docs/administration.md");
        let cli = Cli::command();
        let admin = cli.find_subcommand("admin").unwrap();
        let commands: Vec<&str> = admin.get_subcommands().map(Command::get_name).collect();
        assert!(commands.len() > 8, "{commands:?}");
        let told = guide.lines().filter_map(|line| line.strip_prefix("| `")?.split([' ', '`']).next());
        let told: Vec<&str> = told.filter(|word| !["GET", "POST", "PATCH", "DELETE"].contains(word)).collect();
        assert_eq!(told, commands);
    }
}
