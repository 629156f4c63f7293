import Glibc
import Session
import SystemNames

/// Where a configuration's secrets come from when they do not stand in it: the environment, and
/// files.
struct SecretSource: Sendable {
  /// The process's, or a test's own.
  let environment: [String: String]

  /// A password, or a token, with room to spare.
  static let largestSecret = 4096

  /// What a file holds, without the line break at its end.
  struct Secret: Equatable {
    let text: String
    /// Whether users who have nothing to do with the service can read it.
    let isOpenToAll: Bool
  }

  /// Why a file's secret cannot be used. Nothing of it is shown.
  struct Unusable: Error, Equatable {
    let problem: String
  }

  /// The secret in a file. A relative name is looked for among systemd's credentials first.
  func secret(in file: String) throws(Unusable) -> Secret {
    let bytes: [UInt8]
    let mode: mode_t
    do throws(ConfigurationFile.Unreadable) {
      (bytes, mode) = try ConfigurationFile.read(
        path(of: file), atMost: Self.largestSecret, what: "secret")
    } catch {
      throw Unusable(problem: error.problem)
    }
    var text = bytes[...]
    while let last = text.last, last == 10 || last == 13 { text.removeLast() }
    guard let secret = String(validating: text, as: UTF8.self), !secret.isEmpty else {
      throw Unusable(problem: text.isEmpty ? "is empty" : "is no UTF-8")
    }
    guard singleLine(secret) == secret else {
      throw Unusable(problem: "has more than one line, or control characters")
    }
    return Secret(text: secret, isOpenToAll: mode & S_IROTH != 0)
  }

  private func path(of file: String) -> String {
    guard !file.hasPrefix("/"), let folder = environment["CREDENTIALS_DIRECTORY"] else {
      return file
    }
    let credential = folder + "/" + file
    return access(credential, F_OK) == 0 ? credential : file
  }
}

extension ConfigurationSection {
  /// The secret in the file that a setting names; nil where it is not given or the file cannot be
  /// used. One that everybody can read is warned of.
  func secret(inFileOf setting: Setting<String>, _ source: SecretSource) -> String? {
    guard let file = read(setting) else { return nil }
    let key = setting.key
    do throws(SecretSource.Unusable) {
      let secret = try source.secret(in: file)
      if secret.isOpenToAll {
        warn(key, "everybody on this machine can read the file", expected: "mode 0600 or 0640")
      }
      return secret.text
    } catch {
      complain(
        key, "the file \(error.problem)",
        expected: "a file with one line, or a credential of systemd's")
      return nil
    }
  }
}
