"""A stand-in for Amazon Bedrock's models: a playbook of rules, or a model server of the user's own."""

from localcloud.model.app import ModelApp, create_model
from localcloud.model.forward import ForwardSettings
from localcloud.model.playbook.load import load_playbook
from localcloud.model.playbook.schema import Playbook
from localcloud.model.playbook.source import PlaybookError

__all__ = ["ForwardSettings", "ModelApp", "Playbook", "PlaybookError", "create_model", "load_playbook"]
