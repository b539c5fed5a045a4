//! The options that every command takes, before or after its name, and their effective values when left out.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches};

use crate::client::{self, Client};
use crate::config::settings::{self, CA_FILE, Effective, Source};
use crate::config::{self, CONTEXT_VARIABLE, Config};
use crate::endpoint;
use crate::error::{Error, Result, tell};
use crate::output::{Format, Output};
use crate::transport::CaFile;

/// Long and short names of the options that take a value, for finding the resource among the arguments.
pub const WITH_VALUE: [(&str, Option<char>); 8] = [
    ("context", None),
    ("endpoint", None),
    ("ca-file", None),
    ("timeout", None),
    ("retries", None),
    ("actor", None),
    ("output", Some('o')),
    ("field", Some('f')),
];

/// The argument of the requested fields. `apply` and `diff`, which have none, use it for their files.
pub const ASKED: &str = "asked fields";

/// Names that no field of an entity can have as a flag.
pub const RESERVED: [&str; 17] = [
    "context", "endpoint", "ca_file", "timeout", "retries", "actor", "output", "field", "quiet", "verbose", "help",
    "help-all", "help_all", "version", "dry-run", "dry_run", "defaults",
];

/// Letters that no field of an entity can have as a flag.
pub const RESERVED_LETTERS: [char; 6] = ['o', 'f', 'q', 'v', 'h', 'V'];

/// The default time limit of a call.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// The options of every command.
#[derive(Debug, Clone)]
pub struct Globals {
    /// The effective context.
    pub context: Option<String>,
    /// Where the config file is or would be.
    pub config: Option<PathBuf>,
    /// The address of the server, as it was given.
    pub endpoint: String,
    /// The trusted issuers of its certificate; `None` for those of the system.
    pub ca_file: Option<CaFile>,
    /// How long one call may take.
    pub timeout: Duration,
    /// Whether the caller set it.
    pub timeout_given: bool,
    /// How often a call is retried.
    pub retries: u32,
    /// Who makes the calls.
    pub actor: String,
    /// The format given on the command line.
    pub format: Option<Format>,
    /// The format of the environment or the context.
    pub usual_format: Option<Format>,
    /// The requested fields.
    pub fields: Vec<String>,
    /// Whether output is off.
    pub quiet: bool,
    /// What is printed on standard error: nothing, calls, or calls with their messages.
    pub verbosity: u8,
}

/// The options as arguments of the root command.
pub fn args() -> Vec<Arg> {
    let option = |name: &'static str| Arg::new(name).long(name).global(true).help_heading("Options of every command");
    vec![
        option("context")
            .value_name("NAME")
            .help("The context of the config file to use [env: QAIRON_CONTEXT] [default: its `current_context`]"),
        option("endpoint").value_name("ADDRESS").help(format!(
            "Where the server listens: `http://host:port`, `https://host:port` or `host:port` [env: QAIRON_ENDPOINT] \
             [default: http://{}]",
            qairon::DEFAULT_ADDRESS
        )),
        // Its identifier is the name of the setting.
        Arg::new(CA_FILE)
            .long("ca-file")
            .global(true)
            .help_heading("Options of every command")
            .value_name("FILE")
            .help(
                "The certificates of the issuers to trust for `https://`, in PEM [env: QAIRON_CA_FILE] [default: those \
                 of the system]",
            ),
        option("timeout").value_name("TIME").help(
            "How long one call may take, retries included: `500ms`, `10s`, `2m`; for streamed answers, each part \
             [env: QAIRON_TIMEOUT] [default: 30s, and no limit for calls that send files]",
        ),
        option("retries").value_name("N").help(format!(
            "How often a call that fails with a transient error is retried [env: QAIRON_RETRIES] [default: {}]",
            client::RETRIES
        )),
        option("actor")
            .value_name("NAME")
            .help("On whose behalf the call is made [env: QAIRON_ACTOR] [default: the name of the user]"),
        option("output")
            .short('o')
            .value_name("FORMAT")
            .value_parser(Format::NAMES)
            .help("The format of the output [env: QAIRON_OUTPUT] [default: table at a terminal, else json]"),
        // Kept under a name that no positional argument has.
        Arg::new(ASKED)
            .long("field")
            .global(true)
            .help_heading("Options of every command")
            .short('f')
            .value_name("FIELD")
            .action(ArgAction::Append)
            .value_delimiter(',')
            .help(
                "A field to print; repeat it for more [default: all, and in a table those that say more than the ID]",
            ),
        option("quiet").short('q').action(ArgAction::SetTrue).help("Print nothing but errors"),
        option("verbose")
            .short('v')
            .action(ArgAction::Count)
            .help("Print each call with its outcome and time on standard error; twice, its messages too"),
        option("help-all").action(ArgAction::Help).help("Print help with the options of every command"),
    ]
}

/// The effective value of each setting, and its source.
#[derive(Debug)]
pub struct Settings {
    /// The file.
    pub config: Config,
    /// The effective context, and its source.
    pub context: Option<(String, Source)>,
    /// The settings in their order.
    pub values: Vec<(&'static str, Effective)>,
}

impl Settings {
    /// Reads flags, variables and the file.
    pub fn from_matches(matches: &ArgMatches) -> Result<Self> {
        let config = config::load()?;
        let variable = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        let flag = |name: &str| matches.get_one::<String>(name).cloned();
        let named = flag("context").map(|name| (name, Source::Flag("context"))).or_else(|| {
            let name = variable(CONTEXT_VARIABLE).filter(|name| !name.is_empty());
            name.map(|name| (name, Source::Variable(CONTEXT_VARIABLE)))
        });
        let chosen = config.chosen(named.as_ref().map(|(name, _)| name.as_str()))?;
        let values = settings::ALL.iter().map(|setting| {
            let effective = setting.effective(flag(setting.name), variable, chosen).map_err(Error::Usage)?;
            Ok((setting.name, effective))
        });
        let values = values.collect::<Result<_>>()?;
        let context = chosen.map(|context| (context.name.clone(), named.map_or(Source::Default, |(_, source)| source)));
        Ok(Self { context, values, config })
    }

    /// The value of a setting; `None` when it is the default.
    fn value(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| *known == name)?.1.0.as_deref()
    }

    /// The file with the trusted issuers. In a context, it is relative to the config file.
    fn ca_file(&self) -> Option<CaFile> {
        let (path, source) = &self.values.iter().find(|(name, _)| *name == CA_FILE)?.1;
        let mut path = PathBuf::from(path.as_ref()?);
        if let (Source::Context(_), Some(directory)) =
            (source, self.config.path.as_ref().and_then(|file| file.parent()))
        {
            path = directory.join(path);
        }
        let named_by = match source {
            Source::Flag(_) => format!("`{source}`"),
            source => source.to_string(),
        };
        Some(CaFile { path, named_by })
    }

    /// A warning when the context named on the command line is not the server that is called: a command meant for one
    /// server would reach another.
    fn overruled(&self) -> Option<String> {
        let (name, _) = self.context.as_ref().filter(|(_, source)| matches!(source, Source::Flag(_)))?;
        let wanted = self.config.context(name)?.values.get("endpoint")?;
        let (endpoint, source) = &self.values.iter().find(|(setting, _)| *setting == "endpoint")?.1;
        let other = matches!(source, Source::Variable(_)) && endpoint.as_deref() != Some(wanted);
        other.then(|| format!("QAIRON_ENDPOINT overrides the endpoint of context `{name}`"))
    }
}

/// The name of the current user. A user without a name can still read, and set `--actor` to write.
pub fn user() -> String {
    whoami::username().ok().unwrap_or_else(|| "unknown".to_owned())
}

/// The default server.
pub fn default_endpoint() -> String {
    format!("http://{}", qairon::DEFAULT_ADDRESS)
}

impl Globals {
    /// Reads the options from the matches of the command that runs, from the environment and from the config file.
    pub fn from_matches(matches: &ArgMatches) -> Result<Self> {
        let settings = Settings::from_matches(matches)?;
        let quiet = matches.get_flag("quiet");
        if let Some(told) = settings.overruled().filter(|_| !quiet) {
            tell(&told);
        }
        let format = matches.get_one::<String>("output").and_then(|name| Format::named(name));
        Ok(Self {
            endpoint: settings.value("endpoint").map_or_else(default_endpoint, str::to_owned),
            ca_file: settings.ca_file(),
            timeout: settings.value("timeout").and_then(settings::duration).unwrap_or(TIMEOUT),
            timeout_given: settings.value("timeout").is_some(),
            retries: settings.value("retries").and_then(settings::retries).unwrap_or(client::RETRIES),
            actor: settings.value("actor").map_or_else(user, str::to_owned),
            usual_format: settings.value("output").and_then(Format::named),
            format,
            fields: matches.get_many::<String>(ASKED).into_iter().flatten().cloned().collect(),
            quiet,
            verbosity: matches.get_count("verbose"),
            context: settings.context.map(|(name, _)| name),
            config: settings.config.path,
        })
    }

    /// A client with these options. It connects with its first call.
    pub fn client(&self) -> Result<Client> {
        let server = endpoint::parse(&self.endpoint).map_err(Error::Usage)?;
        let client = Client::new(server, self.ca_file.clone(), self.timeout, &self.actor)?;
        let stream_timeout = self.timeout_given.then_some(self.timeout);
        Ok(client.with_retries(self.retries).with_verbosity(self.verbosity).with_stream_timeout(stream_timeout))
    }

    /// Standard output with these options. A format on the command line also applies to output that is bare otherwise,
    /// such as the ID that `create` prints; a default format does not.
    pub fn output(&self) -> Output {
        let mut output = Output::stdout(self.format.or(self.usual_format), self.quiet);
        output.asked = self.format;
        output.fields_asked = !self.fields.is_empty();
        output
    }
}
