//! A Slurm with two nodes on this machine, in a folder of its own, run by an ordinary user.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Nobody, and its group.
const NOBODY: (u32, u32) = (65_534, 65_534);
const NODES: [&str; 2] = ["n1", "n2"];

pub struct Slurm {
    programs: PathBuf,
    folder: tempfile::TempDir,
    /// The user whose processes these are, if this program is the superuser's.
    user: Option<(u32, u32)>,
}

impl Slurm {
    /// Starts a controller and two nodes.
    pub fn start() -> Self {
        let programs = std::env::var_os("SPIKEBENCH_SLURM");
        let programs = programs.expect("start these tests with `cargo xtask test --cluster`");
        let folder = tempfile::tempdir().unwrap();
        let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
        let slurm = Self {
            programs: programs.into(),
            folder,
            user: is_root.then_some(NOBODY),
        };
        for name in [
            "etc", "run", "log", "state", "spool", "spool/n1", "spool/n2", "work",
        ] {
            fs::create_dir(slurm.path(name)).unwrap();
        }
        fs::write(slurm.path("etc/slurm.conf"), slurm.configuration()).unwrap();
        let key: Vec<u8> = (0..16).flat_map(|_| random_bytes()).collect();
        fs::write(slurm.path("etc/munge.key"), key).unwrap();
        slurm.give(slurm.folder.path());
        slurm.run("chmod", &["600", &slurm.name("etc/munge.key")]);
        let run = |name: &str| slurm.name(&format!("run/{name}"));
        slurm.run(
            "munged",
            &[
                &format!("--key-file={}", slurm.name("etc/munge.key")),
                &format!("--socket={}", run("munge.sock")),
                &format!("--pid-file={}", run("munged.pid")),
                &format!("--log-file={}", slurm.name("log/munged.log")),
                &format!("--seed-file={}", run("munge.seed")),
                "--num-threads=1",
                "--force",
            ],
        );
        slurm.start_controller();
        NODES.iter().for_each(|node| slurm.start_node(node));
        slurm.until("both nodes are idle", || {
            slurm.run("sinfo", &["-h", "-t", "idle", "-o", "%D"]).trim() == "2"
        });
        slurm
    }

    pub fn start_controller(&self) {
        self.run("slurmctld-wlm", &["-i"]);
    }

    pub fn start_node(&self, node: &str) {
        let stepd = self.programs.join("usr/sbin/slurmstepd-wlm");
        self.run("slurmd-wlm", &["-N", node, "-d", &stepd.to_string_lossy()]);
    }

    /// A path in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn name(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// The process whose number a daemon has written.
    pub fn daemon(&self, name: &str) -> String {
        let text = fs::read_to_string(self.path(&format!("run/{name}.pid"))).unwrap();
        text.trim().to_owned()
    }

    /// Makes the user of the cluster the owner of a folder and all in it.
    pub fn give(&self, path: &Path) {
        let Some((user, group)) = self.user else {
            return;
        };
        chown(path, Some(user), Some(group)).unwrap();
        if path.is_dir() {
            for entry in fs::read_dir(path).unwrap() {
                self.give(&entry.unwrap().path());
            }
        }
    }

    /// A command of the cluster's user, with Slurm's programs at hand.
    pub fn command(&self, program: &str, words: &[&str]) -> Command {
        let found = ["usr/bin", "usr/sbin"].map(|folder| self.programs.join(folder).join(program));
        let found = found.iter().find(|path| path.exists());
        let program = found.map_or(program.into(), |path| path.as_os_str().to_owned());
        let mut command = match self.user {
            None => Command::new(program),
            Some((user, group)) => {
                let mut command = Command::new("setpriv");
                let ids = [format!("--reuid={user}"), format!("--regid={group}")];
                command.args(ids).arg("--clear-groups").arg(program);
                command
            }
        };
        let libraries = self.programs.join("usr/lib/x86_64-linux-gnu");
        let mut all = vec![libraries.join("slurm-wlm"), libraries];
        all.extend(std::env::split_paths(
            &std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default(),
        ));
        let mut paths = ["usr/bin", "usr/sbin"]
            .map(|folder| self.programs.join(folder))
            .to_vec();
        paths.extend(std::env::split_paths(
            &std::env::var_os("PATH").unwrap_or_default(),
        ));
        command
            .args(words)
            .env("PATH", std::env::join_paths(paths).unwrap())
            .env("LD_LIBRARY_PATH", std::env::join_paths(all).unwrap())
            .env("SLURM_CONF", self.path("etc/slurm.conf"))
            .env("HOME", self.path("work"))
            .env_remove("XDG_CONFIG_HOME")
            .current_dir(self.path("work"));
        command
    }

    /// Runs a program that must succeed, and returns its output.
    pub fn run(&self, program: &str, words: &[&str]) -> String {
        let output = self.command(program, words).output().unwrap();
        assert!(output.status.success(), "{program} {words:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs the program under test.
    pub fn spikebench(&self, words: &[&str]) -> Output {
        self.command(env!("CARGO_BIN_EXE_spikebench"), words)
            .output()
            .unwrap()
    }

    /// Waits until something is so.
    pub fn until(&self, what: &str, is_so: impl Fn() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(400);
        while !is_so() {
            assert!(
                Instant::now() < deadline,
                "in vain: {what}\n{}",
                self.told()
            );
            sleep(Duration::from_millis(300));
        }
    }

    /// Tasks that were asked to start again do so at once, instead of after two minutes.
    pub fn hurry(&self) {
        let queue = self.run("squeue", &["-h", "-r", "-t", "PD", "-o", "%i %r"]);
        for line in queue.lines() {
            if let Some((task, "BeginTime")) = line.split_once(' ') {
                let job = format!("JobId={task}");
                let _ = self
                    .command("scontrol", &["update", &job, "StartTime=now"])
                    .output();
            }
        }
    }

    fn told(&self) -> String {
        let queue = self.command("squeue", &["-r"]).output().unwrap();
        let queue = String::from_utf8_lossy(&queue.stdout).into_owned();
        let log = fs::read_to_string(self.path("log/slurmctld.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        format!(
            "{queue}\n{}",
            lines[lines.len().saturating_sub(20)..].join("\n")
        )
    }

    fn configuration(&self) -> String {
        let user = if self.user.is_some() {
            "nobody".to_owned()
        } else {
            name_of_user()
        };
        let folder = self.folder.path().display();
        let plugins = self.programs.join("usr/lib/x86_64-linux-gnu/slurm-wlm");
        let plugins = plugins.display();
        format!(
            "ClusterName=t
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=26817
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/run/munge.sock
CredType=cred/munge
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/run/slurmctld.pid
SlurmdPidFile={folder}/run/slurmd-%n.pid
SlurmctldLogFile={folder}/log/slurmctld.log
SlurmdLogFile={folder}/log/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,sched_min_interval=0,bf_interval=1,batch_sched_delay=0
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=5
MinJobAge=600
MaxArraySize=101
JobRequeue=1
NodeName=n[1-2] NodeHostname=localhost NodeAddr=127.0.0.1 Port=[26821-26822] CPUs=2 Boards=1 SocketsPerBoard=1 CoresPerSocket=2 ThreadsPerCore=1 RealMemory=4000 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=60 State=UP
PluginDir={plugins}
"
        )
    }
}

impl Drop for Slurm {
    fn drop(&mut self) {
        let _ = self.command("scancel", &["--me"]).output();
        // Workers that a test has left.
        let folder = self.folder.path().display().to_string();
        let _ = Command::new("pkill").args(["-9", "-f", &folder]).output();
        let names = ["slurmd-n1", "slurmd-n2", "slurmctld", "munged"];
        let pid = |name| fs::read_to_string(self.path(&format!("run/{name}.pid"))).ok();
        for pid in names.into_iter().filter_map(pid) {
            let process = Path::new("/proc").join(pid.trim());
            for signal in ["-TERM", "-KILL"] {
                let _ = Command::new("kill").args([signal, pid.trim()]).output();
                let patience = Instant::now() + Duration::from_secs(5);
                while process.exists() && Instant::now() < patience {
                    sleep(Duration::from_millis(50));
                }
            }
        }
    }
}

fn name_of_user() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn random_bytes() -> [u8; 8] {
    let mut bytes = [0; 8];
    let mut random = fs::File::open("/dev/urandom").unwrap();
    std::io::Read::read_exact(&mut random, &mut bytes).unwrap();
    bytes
}
