//! Job definitions for the QEMU device: real jobs that boot a kernel in some seconds.
//!
//! Must not know what lavafed makes of their results.

use std::fmt::Write as _;

/// One callback of a job's `notify` block.
#[derive(Clone, Debug)]
pub struct Callback {
    pub url: String,
    pub token: String,
    /// `minimal`, `logs`, `results` or `all`.
    pub dataset: &'static str,
}

/// A job for the device-type `qemu`. Start from [`Job::new`] and change what the test is about.
#[derive(Clone, Debug)]
pub struct Job {
    pub name: String,
    /// Where its kernel and its file system are.
    pub kernel: String,
    pub filesystem: String,
    /// Text values only: all that LAVA 2023.01 accepts.
    pub metadata: Vec<(&'static str, String)>,
    pub callbacks: Vec<Callback>,
    /// When to call back: `finished`, `all`, `running`, `complete`, `incomplete` or `canceled`.
    pub criteria: &'static str,
    /// The device's tag to ask for.
    pub tag: Option<&'static str>,
    /// What the booted system says when it is up.
    pub prompt: &'static str,
    pub boot_seconds: u32,
    /// Shell commands of the test definition, whose suite LAVA names `0_smoke`.
    pub steps: Vec<&'static str>,
}

impl Job {
    /// A job that completes, with one passed test case `uname`. `files` is the address of a [`super::listener::Listener`].
    #[must_use]
    pub fn new(name: &str, files: &str) -> Self {
        Self {
            name: name.into(),
            kernel: format!("{files}/vmlinuz"),
            filesystem: format!("{files}/initramfs.cpio.gz"),
            metadata: Vec::new(),
            callbacks: Vec::new(),
            criteria: "finished",
            tag: None,
            prompt: "lavafed-qemu:#",
            boot_seconds: 90,
            steps: vec!["lava-test-case uname --shell uname -a"],
        }
    }

    /// The definition as it is submitted.
    #[must_use]
    pub fn definition(&self) -> String {
        // a text in double quotes is YAML as JSON has it
        let text = |value: &str| serde_json::Value::from(value).to_string();
        let mut yaml = format!(
            "device_type: qemu\njob_name: {}\nvisibility: public\npriority: medium\ncontext: {{arch: amd64}}\n\
             timeouts: {{job: {{minutes: 5}}, action: {{minutes: 4}}, connection: {{minutes: 2}}}}\n",
            text(&self.name)
        );
        if let Some(tag) = self.tag {
            let _ = writeln!(yaml, "tags: [{tag}]");
        }
        if !self.metadata.is_empty() {
            yaml.push_str("metadata:\n");
        }
        for (key, value) in &self.metadata {
            let _ = writeln!(yaml, "  {key}: {}", text(value));
        }
        if !self.callbacks.is_empty() {
            let _ = write!(
                yaml,
                "notify:\n  criteria: {{status: {}}}\n  callbacks:\n",
                self.criteria
            );
        }
        for Callback {
            url,
            token,
            dataset,
        } in &self.callbacks
        {
            let (url, token) = (text(url), text(token));
            let _ = writeln!(
                yaml,
                "  - {{url: {url}, method: POST, dataset: {dataset}, content-type: json, token: {token}}}"
            );
        }
        let _ = write!(
            yaml,
            "actions:
- deploy:
    to: tmpfs
    os: oe
    timeout: {{minutes: 2}}
    images:
      kernel:
        image_arg: '-kernel {{kernel}} -append \"console=ttyS0 rdinit=/init\"'
        url: {kernel}
      initrd:
        image_arg: '-initrd {{initrd}}'
        url: {filesystem}
        compression: gz
        format: cpio.newc
        overlays: {{lava: true}}
- boot:
    method: qemu
    media: tmpfs
    timeout: {{seconds: {boot}}}
    prompts: [{prompt}]
- test:
    timeout: {{minutes: 4}}
    definitions:
    - from: inline
      name: smoke
      path: inline/smoke.yaml
      repository:
        metadata: {{format: Lava-Test Test Definition 1.0, name: smoke, description: smoke}}
        run:
          steps:
",
            kernel = text(&self.kernel),
            filesystem = text(&self.filesystem),
            boot = self.boot_seconds,
            prompt = text(self.prompt),
        );
        for step in &self.steps {
            let _ = writeln!(yaml, "          - {}", text(step));
        }
        yaml
    }
}
